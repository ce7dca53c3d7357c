"""The routes by which evidence is obtained; only these make it."""
