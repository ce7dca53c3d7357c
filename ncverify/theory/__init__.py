"""The objects claims are about: expressions, groups, matrices, losses, vector fields."""
