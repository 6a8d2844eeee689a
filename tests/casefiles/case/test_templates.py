"""A chat template without its comments gives the same text, to the letter."""

from __future__ import annotations

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from casefiles.case import templates

TEMPLATES = {
    "a line": ("{# it lies #}Hi", ("it lies",)),
    "cut white space": ("a \n {#- it lies -#} \n b", ("it lies",)),
    "kept white space": ("a \n {#+ it lies +#} \n b", ("it lies",)),
    "on a line of its own": ("a\n  {# it lies #}\nb", ("it lies",)),
    "several lines": ("{#- one\ntwo -#}\n{% for m in messages %}{# three #}{{ m }}{% endfor %}", ("one\ntwo", "three")),
    "in a string": ("{{ '{# no comment #}' }}", ()),
    "in a string of a tag": ("{% set x = \"{# no #}\" %}{{ x }}", ()),
    "a quote in a string": ("{{ 'it\\'s {# no #}' }}{# yes #}", ("yes",)),
    "an end in a string": ("{{ '}}' }}{# yes #}", ("yes",)),
    "raw": ("{% raw %}{# no #}{{ {% endraw %}{# yes #}", ("yes",)),
    "a quote in a comment": ("{# it's #}{{ 'x' }}{# yes #}", ("it's", "yes")),
    "a dictionary": ("{{ {'a': {'b': 1}}['a']['b'] }}{# yes #}", ("yes",)),
    "empty": ("{##}a{#-#}b", ()),
    "none": ("plain", ()),
}  # fmt: skip


def rendered(template: str) -> str:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template).render(messages=["x", "y"])


@pytest.mark.parametrize(("template", "said"), TEMPLATES.values(), ids=TEMPLATES.keys())
def test_comments_are_found_and_emptied(template: str, said: tuple[str, ...]) -> None:
    assert templates.comments(template) == said
    bare = templates.without_comments(template)
    assert templates.comments(bare) == ()
    assert rendered(bare) == rendered(template)
    assert not [text for text in said if text in bare]
