"""Signs of expressions on boxes and regions, and zeros of small systems, by ball arithmetic."""
