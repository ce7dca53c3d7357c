"""How the documentation site is built: `make docs` writes it to build/docs, without network.

The pages are Markdown; what the program knows itself (commands, claims, docstrings, notebooks) is asked of
it at build time by the modules of docs/extensions.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "extensions"))

from ncverify import __version__  # noqa: E402

project = "ncverify"
author = "The ncverify developers"
project_copyright = "the ncverify developers, MIT licence"
version = release = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "book",
    "commands",
    "formulas",
    "links",
    "names",
    "notebooks",
]
exclude_patterns = ["extensions"]
nb_execution_mode = "off"  # their outputs are stored
myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3
smartquotes = False  # of options and code they would make something else
highlight_language = "none"

# Every reference to a name of this package must lead somewhere; names of other packages are not looked up.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!ncverify\b).*")]
nitpick_ignore = [  # the machinery behind the public names
    ("py:class", "ncverify.collapse.classes.Classes"),
    ("py:class", "ncverify.collapse.variants.Family"),
    ("py:class", "ncverify.derive.relations.Relation"),
    ("py:class", "ncverify.flows.drive.Flow"),
    ("py:class", "ncverify.flows.trajectory.Segment"),
    ("py:class", "ncverify.landscape.newton.Zero"),
    ("py:class", "ncverify.landscape.points.CriticalSet"),
    ("py:class", "ncverify.theory.groups.T"),
]
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
maximum_signature_line_length = 88

html_theme = "furo"
html_title = f"ncverify {__version__}"
html_static_path = ["assets"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
html_math_renderer = "mathml"
