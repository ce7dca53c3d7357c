"""Terms, relations and proofs as plain text and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from html import escape

from ncverify.derive.kernel import Relation, Theorem, steps
from ncverify.derive.terms import Add, App, Char, Delta, Fn, Index, Mul, Num, Pow, Sum, Sym, Term

_GREEK = {"alpha": "α", "beta": "β", "lam": "λ", "mu": "μ"}
_RELATION_LATEX = {"=": "=", "!=": r"\neq", ">=": r"\geq", ">": ">"}
_WORDS = {
    "keeps sign": "keeps its sign",
    "stays positive": "stays positive",
    "global": "exists for all times",
    "nondecreasing": "never decreases",
    "nonincreasing": "never increases",
    "converges": "converges",
    "max/min falls": "has max/min that never grows",
}
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def plain(value: Term | Relation) -> str:
    """One line of text."""
    if isinstance(value, Relation):
        return _relation(value, _Plain())
    return _Plain().show(value, _SUM)


def latex(value: Term | Relation) -> str:
    """LaTeX source, without dollars."""
    if isinstance(value, Relation):
        return _relation(value, _Latex())
    return _Latex().show(value, _SUM)


class _Plain:
    """How each node is written; ``_Latex`` overrides the notation."""

    times = "·"
    numerator = _POWER
    minus = "−"

    def show(self, value: Term, level: int) -> str:
        """The term, in brackets if it binds more weakly than ``level``."""
        text, own = self._write(value)
        return self.bracket(text) if own < level else text

    def _write(self, value: Term) -> tuple[str, int]:
        match value:
            case Num(number):
                return self.number(number), _ATOM if number >= 0 and number.denominator == 1 else _SUM
            case Sym(name):
                return self.name(name), _ATOM
            case App(name, args):
                return self.apply(name, [self.index(arg) for arg in args]), _ATOM
            case Char(a, g):
                return self.character(self.index(a), self.index(g)), _ATOM
            case Delta(at):
                return self.delta(self.index(at)), _ATOM
            case Sum(var, body, nonzero):
                condition = f"{self.name(var.name)}{self.unequal}0" if nonzero else self.name(var.name)
                return self.sum(condition, self.show(body, _SUM if isinstance(body, Sum) else _PRODUCT)), _SUM
            case Fn(name, arg):
                return self.function(name, self.show(arg, _SUM)), _ATOM
            case Pow(base, exponent):
                return self.power(base, exponent)
            case Add(parts):
                return self._add(parts), _SUM
            case Mul(parts):
                return self._multiply(parts)
        raise TypeError(f"not a term: {value!r}")

    def _add(self, parts: tuple[Term, ...]) -> str:
        text = ""
        for part in _summands(parts):
            negative, body = _split_sign(part)
            # a sum reaches to the end of what follows it, so it stands in brackets unless it is last
            last = part is parts[-1]
            shown = self.show(body, _SUM if isinstance(body, Sum) and last and not negative else _PRODUCT)
            if negative:
                text += f" {self.minus} {shown}" if text else f"{self.minus}{shown}"
            else:
                text += f" + {shown}" if text else shown
        return text or "0"

    def _multiply(self, parts: tuple[Term, ...]) -> tuple[str, int]:
        negative, body = _split_sign(Mul(parts))
        if negative:
            return self.minus + self.show(body, _PRODUCT), _SUM
        factors = _factors(parts)
        above = [part for part in factors if not _is_reciprocal(part) and part != Num(Fraction(1))]
        below = [_positive_power(part) for part in factors if _is_reciprocal(part)]
        shown = []
        for place, part in enumerate(above):
            if isinstance(part, Num) and part.value.denominator == 1:
                shown.append(self.number(part.value))
            elif isinstance(part, Sum) and place == len(above) - 1 and not below:
                shown.append(self.show(part, _SUM))
            else:
                alone = self.numerator if below else _PRODUCT
                shown.append(self.show(part, alone if len(above) == 1 else _POWER))
        top = self.times_join(shown) or "1"
        return (self.fraction(top, below) if below else top), _PRODUCT

    unequal = "≠"

    def number(self, value: Fraction) -> str:
        return str(value).replace("-", self.minus)

    def name(self, name: str) -> str:
        base = _GREEK.get(name.rstrip("'"), name.rstrip("'"))
        return base + "'" * (len(name) - len(name.rstrip("'")))

    def index(self, value: Index) -> str:
        return str(value).replace("-", self.minus)

    def apply(self, name: str, args: list[str]) -> str:
        return f"{self.name(name)}({', '.join(args)})"

    def character(self, a: str, g: str) -> str:
        return f"χ({a}; {g})"

    def delta(self, at: str) -> str:
        return f"[{at}=0]"

    def sum(self, condition: str, body: str) -> str:
        return f"Σ_{{{condition}}} {body}"

    def function(self, name: str, arg: str) -> str:
        return f"{name}({arg})"

    def bracket(self, text: str) -> str:
        return f"({text})"

    def times_join(self, parts: list[str]) -> str:
        return self.times.join(parts)

    def fraction(self, top: str, below: list[Term]) -> str:
        bottom = self.times_join([self.show(part, _POWER) for part in below])
        return f"{top}/{bottom if len(below) == 1 else self.bracket(bottom)}"

    def power(self, base: Term, exponent: Fraction) -> tuple[str, int]:
        if exponent == -1:
            return f"1/{self.show(base, _ATOM)}", _PRODUCT
        shown = str(exponent) if exponent.denominator == 1 and exponent >= 0 else f"({exponent})"
        return f"{self.show(base, _ATOM)}^{shown}".replace("-", self.minus), _POWER


class _Latex(_Plain):
    times = r"\,"
    numerator = _SUM
    minus = "-"
    unequal = r"\neq "

    def number(self, value: Fraction) -> str:
        if value.denominator == 1:
            return str(value)
        sign = "-" if value < 0 else ""
        return rf"{sign}\tfrac{{{abs(value.numerator)}}}{{{value.denominator}}}"

    def name(self, name: str) -> str:
        bare = name.rstrip("'")
        primes = "'" * (len(name) - len(bare))
        if bare == "phat":
            return r"\hat p" + primes
        if bare in _GREEK or bare == "lambda":
            return ("\\" + {"lam": "lambda"}.get(bare, bare)) + primes
        match = re.fullmatch(r"([A-Za-z])(\d+)", bare)
        if match:
            return f"{match[1]}_{{{match[2]}}}{primes}"
        return (bare if len(bare) == 1 else rf"\mathrm{{{bare}}}".replace("_", r"\_")) + primes

    def index(self, value: Index) -> str:
        return str(value)

    def apply(self, name: str, args: list[str]) -> str:
        if len(args) == 1 and name.rstrip("'") in ("s", "alpha", "beta", "phat", "c"):
            return f"{self.name(name.rstrip(chr(39)))}_{{{args[0]}}}" + (
                "'" * (len(name) - len(name.rstrip("'")))
            )
        return f"{self.name(name)}({', '.join(args)})"

    def character(self, a: str, g: str) -> str:
        return rf"\chi_{{{a}}}({g})"

    def delta(self, at: str) -> str:
        return rf"[{at}=0]"

    def sum(self, condition: str, body: str) -> str:
        return rf"\sum_{{{condition}}} {body}"

    def function(self, name: str, arg: str) -> str:
        return rf"\sqrt{{{arg}}}" if name == "sqrt" else rf"\{name}\left({arg}\right)"

    def bracket(self, text: str) -> str:
        return rf"\left({text}\right)"

    def fraction(self, top: str, below: list[Term]) -> str:
        bottom = self.times_join([self.show(part, _SUM if len(below) == 1 else _PRODUCT) for part in below])
        return rf"\frac{{{top}}}{{{bottom}}}"

    def power(self, base: Term, exponent: Fraction) -> tuple[str, int]:
        if exponent == -1:
            return rf"\frac{{1}}{{{self.show(base, _SUM)}}}", _PRODUCT
        return f"{self.show(base, _ATOM)}^{{{exponent}}}", _POWER


def _split_sign(value: Term) -> tuple[bool, Term]:
    """Whether a minus sign stands in front, and what is behind it."""
    if isinstance(value, Num) and value.value < 0:
        return True, Num(-value.value)
    if isinstance(value, Mul) and value.factors:
        factors = _factors(value.factors)
        lead, rest = factors[0], factors[1:]
        if isinstance(lead, Num) and lead.value < 0:
            kept = rest if lead.value == -1 and rest else [Num(-lead.value), *rest]
            return True, kept[0] if len(kept) == 1 else Mul(tuple(kept))
    return False, value


def _summands(parts: tuple[Term, ...]) -> list[Term]:
    return [inner for part in parts for inner in (_summands(part.terms) if isinstance(part, Add) else [part])]


def _factors(parts: tuple[Term, ...]) -> list[Term]:
    return [
        inner for part in parts for inner in (_factors(part.factors) if isinstance(part, Mul) else [part])
    ]


def _positive_power(value: Term) -> Term:
    if not isinstance(value, Pow):
        raise TypeError(f"not a power: {value!r}")
    return value.base if value.exponent == -1 else Pow(value.base, -value.exponent)


def _is_reciprocal(value: Term) -> bool:
    return isinstance(value, Pow) and value.exponent < 0


def _relation(value: Relation, style: _Plain) -> str:
    lhs, rhs = style.show(value.lhs, _SUM), style.show(value.rhs, _SUM)
    is_latex = isinstance(style, _Latex)
    if value.kind in _WORDS:
        word = _WORDS[value.kind]
        body = rf"{lhs}\ \text{{{word}}}" if is_latex else f"{lhs} {word}"
    elif value.kind in ("->oo", "->0"):
        limit = "0" if value.kind == "->0" else (r"\infty" if is_latex else "∞")
        body = rf"{lhs}\to {limit}" if is_latex else f"{lhs} → {limit}"
    else:
        sign = _RELATION_LATEX[value.kind] if is_latex else {">=": "≥", "!=": "≠"}.get(value.kind, value.kind)
        body = f"{lhs} {sign} {rhs}"
    conditions = sorted(style.index(form) for form in value.conditions)
    if conditions:
        listed = ", ".join(f"{form} {style.unequal.strip()} 0" for form in conditions)
        body += rf"\quad({listed})" if is_latex else f"   ({listed})"
    return body


def derivation(final: Iterable[Theorem]) -> list[str]:
    """The proof as numbered lines: statement, rule, and the numbers of the lines it rests on."""
    return [f"({number}) {plain(known.relation)}   [{reason}]" for number, known, reason in _numbered(final)]


def latex_derivation(final: Iterable[Theorem]) -> list[str]:
    """The same as the items of a LaTeX list."""
    return [
        rf"\item[({number})] $\displaystyle {latex(known.relation)}$ \hfill [{escaped(reason)}]"
        for number, known, reason in _numbered(final)
    ]


def derivation_html(final: Iterable[Theorem]) -> str:
    """The same for Jupyter, which typesets what stands between dollars; the last line is on top."""
    rows = [
        f"<tr><td>({number})</td><td>$\\displaystyle {escape(latex(known.relation))}$</td>"
        f"<td>{escape(reason)}</td></tr>"
        for number, known, reason in _numbered(final)
    ]
    if len(rows) == 1:
        return f"<table>{rows[0]}</table>"
    return (
        f"<table>{rows[-1]}</table><details><summary>its derivation</summary>"
        f"<table>{''.join(rows)}</table></details>"
    )


def _numbered(final: Iterable[Theorem]) -> Iterator[tuple[int, Theorem, str]]:
    order = steps(final)
    numbers = {id(known): number for number, known in enumerate(order, 1)}
    for number, known in enumerate(order, 1):
        sources = ", ".join(str(numbers[id(premise)]) for premise in known.premises)
        note = f" ({known.note})" if known.note else ""
        origin = f" from {sources}" if sources else ""
        yield number, known, f"{known.rule}{note}{origin}"


_SPECIAL = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}", "|": r"\textbar{}", "<": "$<$", ">": "$>$"}


def escaped(text: str) -> str:
    """Plain text for LaTeX."""
    return "".join(_SPECIAL.get(c, f"\\{c}" if c in "&%$#_{}" else c) for c in text)
