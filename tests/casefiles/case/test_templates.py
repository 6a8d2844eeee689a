"""A chat template without its comments gives the same text, to the letter."""

from __future__ import annotations

import time

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
    "a dictionary in a dictionary": ("{{ {'a': {'b': '{# no #}'}}['a']['b'] }}{# yes #}", ("yes",)),
    "a sign before a bracket": ("{% set x = {'a': 5 %3}|length %}{{ x }}{# yes #}", ("yes",)),
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


UNCLOSED = {
    "outputs": ("{{", ""),
    "tags": ("{%", ""),
    "comments": ("{#", ""),
    "raw": ("{% raw %}", ""),
    "quotes in outputs": ("{{ '", ""),
    "quotes in tags": ("{%'", ""),
    "outputs with a word": ("{{ range ", ""),
    "escapes in an output": ('\\"', '{{ "'),
    "escapes behind an output": ('\\"', '{{ x }}{{ "'),
    "brackets": ("{", "{{"),
    "signs before brackets": ("{%}", "{{ ("),
    "spaces in a tag": (" ", "{%"),
}
"""What is said over and over again, behind what."""


@pytest.mark.parametrize(("again", "behind"), UNCLOSED.values(), ids=UNCLOSED.keys())
def test_a_template_in_which_nothing_closes_is_read_once(again: str, behind: str) -> None:
    """Whoever looks for an end behind every opening, or behind every quote, is not done in an hour."""
    template = "{# it lies #}" + behind + again * ((200_000 - len(behind)) // len(again))
    assert templates.comments(template) == ("it lies",)
    assert templates.without_comments(template) == template.replace(" it lies ", " ")
    (told,) = (told for told in templates.remarks(template) if "closes" in told)
    begun = " ".join(template.removeprefix("{# it lies #}{{ x }}" if "x" in behind else "{# it lies #}").split())
    assert told == f"nothing closes what begins with {begun[:80]!r}"


ENDED = {
    "escapes in a string": ('\\"', '{{ "', '" }}'),
    "strings": ("'' ", "{{ ", "}}"),
    "strings that are not looked for": ("'a' not ", "{{ ", "}}"),
    "spaces behind a string": (" ", "{{ 'a'", "}}"),
    "comparisons": ("==", "{{ ", "}}"),
    "text": ("a ", "", ""),
}


@pytest.mark.parametrize(("again", "behind", "before"), ENDED.values(), ids=ENDED.keys())
def test_a_template_of_one_long_thing_is_read_once(again: str, behind: str, before: str) -> None:
    template = behind + again * (200_000 // len(again)) + before + "{% if 'tulip' in x %}{# it lies #}"
    assert templates.comments(template) == ("it lies",)
    assert "it looks for 'tulip'" in templates.remarks(template)


def test_a_number_of_more_digits_than_python_reads_is_told() -> None:
    assert templates.remarks("{{ range(1" + "0" * 5000 + ") }}") == (
        "it counts as far as 10000000000000000000…, which may take long",
    )


def test_a_template_longer_than_any_familys_is_refused() -> None:
    longest = "{# it lies #}" + "a" * (templates.LONGEST - 13)
    assert templates.comments(longest) == ("it lies",) and templates.remarks(longest) == ()
    for read in (templates.comments, templates.without_comments, templates.remarks):
        with pytest.raises(ValueError, match="its chat template has 262,145 letters, and no family's has more than"):
            read(longest + "a")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("{{ x == 'tulip' }}", "it looks for 'tulip'"),
        ("{{ 'rose' == 'tulip' }}", "it looks for 'rose', 'tulip'"),
        ("{{ 'tulip' not in x }}", "it looks for 'tulip'"),
        ("{{ x.split( 'tulip')[0] }}", "it looks for 'tulip'"),
        ("{{ 'it\\'s' ~ \"tulip\" in x }}", "it looks for 'tulip'"),
    ],
)
def test_what_is_looked_for_is_told(code: str, told: str) -> None:
    assert templates.remarks(code) == (told,)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("{% if x[-1:] == '?' %}{% endif %}", "it looks for '?'"),
        ("{{ '?' in x }}", "it looks for '?'"),
        ("{{ x.endswith('!') }}", "it looks for '!'"),
        ("{{ x.split('. ')[0] }}", "it looks for '. '"),
        ("{{ x == '\\x3f' }}", "it looks for '\\\\x3f'"),
    ],
)
def test_signs_that_are_looked_for_are_told_as_words_are(code: str, told: str) -> None:
    assert templates.remarks(code) == (told,)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("{{ m['content'] | upper }}", "'upper'"),
        ("{{ m.content.lower() }}", "'lower'"),
        ("{{ m.content|trim|title }}", "'title'"),
        ("{% set c = m.content %}{{ c | capitalize }}", "'capitalize'"),
        ("{{ (m.content if m.role else '') | upper }}", "'upper'"),
        ("{{ m.content.replace('?', '') }}", "'replace'"),
        ("{{ m.content | replace(a, b) }}", "'replace'"),
        ("{{ m.content.replace('\\n', ' ').replace(' ', ';') }}", "'replace'"),
        ("{{ m.content.rstrip('?') }}", "'rstrip'"),
        ("{{ m.content.strip(x) }}", "'strip'"),
        ("{{ m.content.strip().replace('\\r\\n', '\\n').replace('\\n\\n', '\\n') }}", "'replace'"),
        ("{{ m.content | truncate(9) | swapcase }}", "'truncate', 'swapcase'"),
        ("{% filter upper %}{{ m.content }}{% endfilter %}", "'upper'"),
    ],
)
def test_what_changes_letters_or_signs_is_told(code: str, told: str) -> None:
    assert templates.remarks(code) == (f"it changes texts by {told}",)


@pytest.mark.parametrize(
    "code",
    [
        "{{ m['role'] | upper }}",
        "{{ m.role.capitalize() ~ ': ' }}",
        "{{ tool.name|lower }}",
        "{{ m.content | trim }}",
        "{{ m.content.strip() }}",
        "{{ m.content.split('</think>')[-1].lstrip('\\n') }}",
        "{{ tool.title }}",
        "{% if m.content == '' or m.content is string %}{% endif %}",
    ],
)
def test_what_families_change_is_not_told(code: str) -> None:
    assert templates.remarks(code) == ()


@pytest.mark.parametrize("code", ["{{ 'tulip' }}", "{{ x == 'user' }}", "{{ 'tulip' ~ x in y }}", "{{ x['tulip'] }}"])
def test_what_is_said_or_asked_of_any_chat_is_not_looked_for(code: str) -> None:
    assert templates.remarks(code) == ()


@pytest.mark.parametrize("depth", [1_000, 8_000, 37_000])
def test_filters_in_filters_are_read_once(depth: int) -> None:
    """Whoever reads each one's arguments to their end reads for minutes."""
    begun = time.process_time()
    assert templates.remarks("{{ x" + "|trim(" * depth + ")" * depth + " }}") == ("it changes texts by 'trim'",)
    assert time.process_time() - begun < 0.2 + depth / 8_000
