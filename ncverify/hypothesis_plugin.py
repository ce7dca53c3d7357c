"""What Hypothesis learns when it is imported: how to draw a group where its type is asked for."""

from __future__ import annotations


def register() -> None:
    """``st.from_type(AbelianGroup)`` and ``@given(group=...)`` by annotation; called by Hypothesis."""
    from hypothesis import strategies as st

    from ncverify.theory.groups import AbelianGroup

    def drawn(_: type) -> st.SearchStrategy[AbelianGroup]:
        from ncverify.evidence.strategies import groups

        return groups()

    st.register_type_strategy(AbelianGroup, drawn)
