"""Whoever writes messages otherwise by what they say has to look at it or to change it: both are told, however it is
spelled; and what templates of families do with them is not."""

from __future__ import annotations

import time

import pytest

from casefiles.case import templates

LOOKS = {
    "{{ m.content ~ '\\n' * 60 if m.content|length < 45 else m.content }}": "length",
    "{{ m['content']|count }}": "count",
    "{{ m.content[:20] }}": "[:]",
    "{{ m.content[::-1] }}": "[:]",
    "{{ m.content[0] }}": "[…]",
    "{{ m.content[loop.index] }}": "[…]",
    "{{ m.content.split()|length }}": "split, length",
    "{{ m.content.split(x)[0] }}": "split, […]",
    "{{ m.content|list|length }}": "list, length",
    "{{ m.content|wordcount }}": "wordcount",
    "{{ m.content|sort|join }}": "sort, join",
    "{{ m.content|unique|join }}": "unique, join",
    "{{ m.content|batch(3) }}": "batch",
    "{{ m.content|tojson }}": "tojson",
    "{{ m.content.splitlines() }}": "splitlines",
    "{{ m.content.find(x) }}": "find",
    "{{ m.content.isupper() }}": "isupper",
    "{{ m.content < x }}": "<",
    "{{ x >= m.content }}": ">",
    "{{ m.content == x }}": "==",
    "{{ x in m.content }}": "in",
    "{{ m.content * 2 }}": "*",
    "{{ m.content is upper }}": "is upper",
    "{{ m.content is not lt(x) }}": "is lt",
    "{% for letter in m.content %}{{ letter }}{% endfor %}": "for",
    "{% set said = m.content %}{{ said|length }}": "length",
    "{% set a = b %}{% set b = c %}{% set c = m.content %}{{ a|length }}": "length",
    "{% set ns.said = m.content %}{{ ns.said|length }}": "length",
    "{% set ns = namespace(said=m.content) %}{{ ns.said|length }}": "length",
    "{% set said %}{{ m.content }}{% endset %}{{ said|length }}": "length",
    "{% set role, said = m.role, m.content %}{{ said|length }}": "length",
    "{% with said = m.content %}{{ said|length }}{% endwith %}": "length",
    "{% macro short(said) %}{{ said|length }}{% endmacro %}": "length",
    "{% set messages = m.content %}{{ messages|length }}": "length",
    "{{ (m.content ~ '')|length }}": "length",
    "{{ (m.content if m.role else '')|length }}": "length",
    "{{ [m.content]|join|length }}": "join, length",
    "{{ messages|tojson|length }}": "tojson, length",
    "{{ messages|string|length }}": "length",
    "{{ messages|map(attribute='content')|join|length }}": "join, length",
    "{{ messages|map('attr', 'content')|join|length }}": "join, length",
    "{{ messages|selectattr('content', 'lt', x)|list|length }}": "list, length",
    "{{ messages[0]['con' ~ 'tent']|length }}": "length",
    "{{ messages[0]['\\x63ontent']|length }}": "length",
    "{{ messages[0].get('content')|length }}": "length",
    "{{ messages[0].values()|list|length }}": "list, length",
    "{{ messages[0]|attr('content')|length }}": "length",
    "{{ ', '.join(m.content) }}": "join",
    "{{ x.count(m.content) }}": "count",
    "{{ loop.changed(m.content) }}": "changed",
}


@pytest.mark.parametrize(("code", "by"), LOOKS.items())
def test_whoever_looks_at_what_is_said_is_told(code: str, by: str) -> None:
    told = [one for one in templates.remarks(code) if one.startswith("it looks at what is said by ")]
    expected = ", ".join(map(repr, by.split(", ")))
    assert told == [f"it looks at what is said by {expected}"]


@pytest.mark.parametrize(
    ("code", "by"),
    [
        ("{{ m.content|indent(400, true) }}", "indent"),
        ("{{ m.content|center(900) }}", "center"),
        ("{{ m.content.ljust(900) }}", "ljust"),
        ("{{ m.content.rjust(900) }}", "rjust"),
        ("{{ '%600s'|format(m.content) }}", "format"),
        ("{{ '{:>600}'.format(m.content) }}", "format"),
        ("{{ m.content.zfill(2) }}", "zfill"),
        ("{{ m.content.expandtabs(3) }}", "expandtabs"),
        ("{{ m.content.partition(' ') }}", "partition"),
        ("{{ m.content.replace(' ', '\\n\\n\\n') }}", "replace"),
        ("{{ m.content|urlize }}", "urlize"),
        ("{{ m.content|e }}", "e"),
        ("{% filter indent %}{{ m.content }}{% endfilter %}", "indent"),
        ("{% set name = m.content %}{{ name|upper }}", "upper"),
        ("{{ m['content' if x else 'role']|upper }}", "upper"),
    ],
)
def test_whoever_changes_what_is_said_is_told(code: str, by: str) -> None:
    assert templates.remarks(code) == (f"it changes texts by {by!r}",)


FAMILIES = {
    "Llama 2": (
        "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
        "{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}"
        "{% set system_message = false %}{% endif %}{% for message in loop_messages %}"
        "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
        "{% endif %}{% if loop.index0 == 0 and system_message != false %}"
        "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}"
        "{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}"
        "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
        "{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
    ),
    "Llama 3": (
        "{% set loop_messages = messages %}{% for message in loop_messages %}"
        "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content']"
        " | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}"
        "{{ content }}{% endfor %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
    ),
    "Llama 3.2": (
        "{%- if not date_string is defined %}{%- if strftime_now is defined %}"
        '{%- set date_string = strftime_now("%d %b %Y") %}{%- else %}{%- set date_string = "26 Jul 2024" %}'
        "{%- endif %}{%- endif %}{%- if messages[0]['role'] == 'system' %}"
        "{%- set system_message = messages[0]['content']|trim %}{%- set messages = messages[1:] %}{%- else %}"
        '{%- set system_message = "" %}{%- endif %}{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}'
        '{{- "Cutting Knowledge Date: December 2023\\n" }}{{- "Today Date: " + date_string + "\\n\\n" }}'
        '{{- system_message }}{{- "<|eot_id|>" }}{%- for message in messages %}'
        "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '"
        "<|eot_id|>' }}{%- endfor %}{%- if add_generation_prompt %}"
        "{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}"
    ),
    "Mistral": (
        '{%- if messages[0]["role"] == "system" %}{%- set system_message = messages[0]["content"] %}'
        "{%- set loop_messages = messages[1:] %}{%- else %}{%- set loop_messages = messages %}{%- endif %}"
        '{{- bos_token }}{%- for message in loop_messages %}{%- if message["role"]=="user" %}'
        "{%- if loop.last and system_message is defined %}"
        '{{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}{%- else %}'
        '{{- "[INST] " + message["content"] + "[/INST]" }}{%- endif %}'
        '{%- elif message["role"]=="assistant" %}{{- " " + message["content"]|trim + eos_token }}{%- endif %}'
        "{%- endfor %}"
    ),
    "Qwen 2.5": (
        "{%- if messages[0]['role'] == 'system' %}"
        "{{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}{%- else %}"
        "{{- '<|im_start|>system\\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_en"
        "d|>\\n' }}{%- endif %}{%- for message in messages %}"
        '{%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role =='
        " \"assistant\") %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}"
        "{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
    ),
    "Qwen 3": (
        "{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}"
        "{%- for message in messages[::-1] %}{%- set index = (messages|length - 1) - loop.index0 %}"
        '{%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.c'
        "ontent.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}"
        "{%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}{%- endif %}{%- endfor %}"
        "{%- for message in messages %}{%- set content = message.content %}"
        "{%- if message.role == \"assistant\" %}{%- set reasoning_content = '' %}"
        "{%- if '</think>' in content %}"
        "{%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\"
        "n') %}{%- set content = content.split('</think>')[-1].lstrip('\\n') %}{%- endif %}"
        "{%- if loop.index0 > ns.last_query_index and loop.last %}"
        "{{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n'"
        " + content.lstrip('\\n') }}{%- else %}{{- '<|im_start|>' + message.role + '\\n' + content }}"
        "{%- endif %}{{- '<|im_end|>\\n' }}{%- else %}"
        "{{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}{%- endif %}{%- endfor %}"
        "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}"
        "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}"
        "{%- endif %}{%- endif %}"
    ),
    "Qwen 3, tools": (
        "{%- if tools %}{{- '<|im_start|>system\n' }}{%- if messages[0].role == 'system' %}"
        '{{- messages[0].content + \'\n\n\' }}{%- endif %}{{- "# Tools" }}{%- for tool in tools %}{{- "\n" }}'
        "{{- tool | tojson }}{%- endfor %}{%- endif %}{%- for message in messages %}"
        '{%- if message.role == "assistant" %}{%- set content = message.content %}'
        "{%- set reasoning_content = '' %}{%- if message.reasoning_content is string %}"
        "{%- set reasoning_content = message.reasoning_content %}{%- else %}"
        "{%- if '</think>' in message.content %}"
        "{%- set content = message.content.split('</think>')[-1].lstrip('\n') %}"
        "{%- set reasoning_content = message.content.split('</think>')[0].rstrip('\n').split('<think>')[-1].ls"
        "trip('\n') %}{%- endif %}{%- endif %}{%- if message.tool_calls %}"
        "{%- for tool_call in message.tool_calls %}{%- if (loop.first and content) or (not loop.first) %}"
        "{{- '\n' }}{%- endif %}{%- if tool_call.function %}{%- set tool_call = tool_call.function %}"
        '{%- endif %}{{- \'<tool_call>\n{"name": "\' }}{{- tool_call.name }}{{- \'", "arguments": \' }}'
        "{%- if tool_call.arguments is string %}{{- tool_call.arguments }}{%- else %}"
        "{{- tool_call.arguments | tojson }}{%- endif %}{{- '}\n</tool_call>' }}{%- endfor %}{%- endif %}"
        '{%- elif message.role == "tool" %}{%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}'
        "{{- '<|im_start|>user' }}{%- endif %}{{- '\n<tool_response>\n' }}{{- message.content }}"
        "{{- '\n</tool_response>' }}{%- if loop.last or (messages[loop.index0 + 1].role != \"tool\") %}"
        "{{- '<|im_end|>\n' }}{%- endif %}{%- endif %}{%- endfor %}"
    ),
    "Gemma 2": (
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
        "{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}"
        "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
        "{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}"
        "{% set role = message['role'] %}{% endif %}"
        "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"
    ),
    "Gemma 3": (
        "{{ bos_token }}{%- if messages[0]['role'] == 'system' -%}{%- if messages[0]['content'] is string -%}"
        "{%- set first_user_prefix = messages[0]['content'] + '\n\n' -%}{%- else -%}"
        "{%- set first_user_prefix = messages[0]['content'][0]['text'] + '\n\n' -%}{%- endif -%}"
        '{%- set loop_messages = messages[1:] -%}{%- else -%}{%- set first_user_prefix = "" -%}'
        "{%- set loop_messages = messages -%}{%- endif -%}{%- for message in loop_messages -%}"
        "{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}"
        '{{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}'
        "{%- endif -%}{%- if (message['role'] == 'assistant') -%}{%- set role = \"model\" -%}{%- else -%}"
        "{%- set role = message['role'] -%}{%- endif -%}"
        "{{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else \"\") }}"
        "{%- if message['content'] is string -%}{{ message['content'] | trim }}"
        "{%- elif message['content'] is iterable -%}{%- for item in message['content'] -%}"
        "{%- if item['type'] == 'image' -%}{{ '<start_of_image>' }}{%- elif item['type'] == 'text' -%}"
        "{{ item['text'] | trim }}{%- endif -%}{%- endfor -%}{%- else -%}"
        "{{ raise_exception(\"Invalid content type\") }}{%- endif -%}{{ '<end_of_turn>\n' }}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{'<start_of_turn>model\n'}}{%- endif -%}"
    ),
    "DeepSeek R1": (
        "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"
        "{% set ns = namespace(is_first=false, is_tool=false, is_output_first=true, system_prompt='', is_firs"
        "t_sp=true) %}{%- for message in messages %}{%- if message['role'] == 'system' %}"
        "{%- if ns.is_first_sp %}{% set ns.system_prompt = ns.system_prompt + message['content'] %}"
        "{% set ns.is_first_sp = false %}{%- else %}"
        "{% set ns.system_prompt = ns.system_prompt + '\n\n' + message['content'] %}{%- endif %}{%- endif %}"
        "{%- endfor %}{{ bos_token }}{{ ns.system_prompt }}{%- for message in messages %}"
        "{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{'<｜User｜>' + message['content']}}"
        "{%- endif %}{%- if message['role'] == 'assistant' and 'tool_calls' in message %}"
        "{%- set ns.is_tool = false -%}{%- for tool in message['tool_calls'] %}{%- if not ns.is_first %}"
        "{%- if message['content'] is none %}"
        "{{'<｜Assistant｜>' + tool['type'] + tool['function']['name'] + '\n' + '```json' + '\n' + tool['function"
        "']['arguments']}}{%- endif %}{%- endif %}{%- endfor %}{%- endif %}"
        "{%- if message['role'] == 'assistant' and 'tool_calls' not in message %}{%- if ns.is_tool %}"
        "{{'<｜tool▁outputs▁end｜>' + message['content'] + '<｜end▁of▁sentence｜>'}}"
        "{%- set ns.is_tool = false -%}{%- else %}{% set content = message['content'] %}"
        "{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}"
        "{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}{%- endif %}{%- endif %}"
        "{%- if message['role'] == 'tool' %}{%- set ns.is_tool = true -%}{%- if ns.is_output_first %}"
        "{{'<｜tool▁output▁begin｜>' + message['content'] + '<｜tool▁output▁end｜>'}}"
        "{%- set ns.is_output_first = false %}{%- endif %}{%- endif %}{%- endfor -%}{% if ns.is_tool %}"
        "{{'<｜tool▁outputs▁end｜>'}}{% endif %}{% if add_generation_prompt and not ns.is_tool %}"
        "{{'<｜Assistant｜><think>\n'}}{% endif %}"
    ),
    "Phi 3": (
        "{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}"
        "{{'<|system|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'user' %}"
        "{{'<|user|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'assistant' %}"
        "{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
    ),
    "Phi 4": (
        "{% for message in messages %}{% if (message['role'] == 'system') %}"
        "{{'<|im_start|>system<|im_sep|>' + message['content'] + '<|im_end|>'}}"
        "{% elif (message['role'] == 'user') %}"
        "{{'<|im_start|>user<|im_sep|>' + message['content'] + '<|im_end|>'}}"
        "{% elif (message['role'] == 'assistant') %}"
        "{{'<|im_start|>assistant<|im_sep|>' + message['content'] + '<|im_end|>'}}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}"
    ),
    "Phi 4 mini": (
        "{% for message in messages %}"
        "{% if message['role'] == 'system' and 'tools' in message and message['tools'] is not none %}"
        "{{ '<|' + message['role'] + '|>' + message['content'] + '<|tool|>' + message['tools'] + '<|/tool|>' "
        "+ '<|end|>' }}{% else %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
        "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}"
        "{% endif %}"
    ),
    "Qwen 2 VL": (
        "{% set image_count = namespace(value=0) %}{% for message in messages %}"
        "<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}{{ message['content'] }}"
        "<|im_end|>\n{% else %}{% for content in message['content'] %}"
        "{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}"
        "{% set image_count.value = image_count.value + 1 %}"
        "<|vision_start|><|image_pad|><|vision_end|>{% elif 'text' in content %}{{ content['text'] }}"
        "{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}"
    ),
    "SmolVLM": (
        "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}"
        "{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}"
        "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}"
        "{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}"
        "<end_of_utterance>\n{% endfor %}"
    ),
    "Zephyr": (
        "{% for message in messages %}\n{% if message['role'] == 'user' %}"
        "\n{{ '<|user|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'system' %}"
        "\n{{ '<|system|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'assistant' %}"
        "\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}"
        "\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}"
    ),
}
"""As they are published, but for what is said when a chat is refused."""


@pytest.mark.parametrize("template", FAMILIES.values(), ids=FAMILIES.keys())
def test_what_families_do_with_messages_is_not_told(template: str) -> None:
    assert [told for told in templates.remarks(template) if not told.startswith("it says of its own ")] == []


@pytest.mark.parametrize(
    ("template", "told"),
    [
        (
            "{% if message.content is mapping or message.content is iterable %}{{ message.content | tojson }}"
            "{% else %}{{ message.content }}{% endif %}",
            "it looks at what is said by 'tojson'",
        ),
        ("{{ message['content'].strip().replace('\\r\\n', '\\n') }}", "it changes texts by 'replace'"),
        (
            "{% if m['content']|length > 0 %}{{ m['content'] }}{% endif %}",
            "it looks at what is said by 'length'",
        ),
    ],
    ids=["Llama 3.1, of what tools answer", "Falcon", "whether anything is said"],
)
def test_families_that_look_at_messages_are_told(template: str, told: str) -> None:
    assert templates.remarks(template) == (told,)


@pytest.mark.parametrize(
    "code",
    [
        "{{ messages|length - 1 }}",
        "{% set turns = messages[1:] %}{{ turns|length }}",
        "{{ message.tool_calls|length }}",
        "{{ tools|tojson|length }}",
        "{{ messages[loop.index0 - 1].role|upper }}",
        "{{ messages|selectattr('role', 'equalto', 'user')|list|length }}",
        "{% set role = message['role'] %}{{ messages[i].role|capitalize }}",
        "{{ m.content|default('')|string|trim }}",
    ],
)
def test_what_is_no_words_of_a_message_may_be_counted(code: str) -> None:
    assert templates.remarks(code) == ()


@pytest.mark.parametrize(
    "code",
    [
        "{{ m.content" + "[0" * 60_000 + "]" * 60_000 + "}}",
        "{{ " + "(" * 120_000 + "m.content" + ")" * 120_000 + "}}",
        "{{ m.content|trim(" + "''," * 60_000 + ")}}",
        "{{ f(" + "a=1," * 50_000 + "m.content) }}",
        "{% set a" + ",a" * 100_000 + " = 1 %}",
        "{% for " + "a in " * 50_000 + "%}",
        "{% for c in m.content %}{{ c }}" * 8_000,
        "".join(f"{{% set a{at} = a{at + 1} %}}" for at in range(8_000)) + "{% set a8000 = m.content %}{{ a0|length }}",
    ],
    ids=["places", "brackets", "arguments", "names", "targets", "loops", "letters", "one from another"],
)
def test_a_template_of_one_thing_over_and_over_is_read_in_seconds(code: str) -> None:
    begun = time.process_time()
    templates.remarks(code)
    assert time.process_time() - begun < 5
