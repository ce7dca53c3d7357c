"""The report: one HTML file of all verdicts that opens offline, made from plain JSON alone."""
