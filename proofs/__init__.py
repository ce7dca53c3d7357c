"""The book of claims.  Each file reads like the paper: statement, hypotheses, source, proof."""
