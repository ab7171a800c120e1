"""Writes examples.json: what Python prints for the examples of scripts/typings/docs, translated from TypeScript.

The translation knows what the examples need: names in snake_case, keywords without braces, `null`, bigints, and
numbers of `torch.tensor`, which are floats there.
"""

import json
import pathlib
import re

import torch

here = pathlib.Path(__file__).parent
docs = here.parent.parent / "scripts" / "typings" / "docs"

words = {"null": "None", "true": "True", "false": "False", "Infinity": "float('inf')", "NaN": "float('nan')"}
token = re.compile(r"'[^']*'|\d[\d.e]*n?|[A-Za-z_]\w*|\s+|.")


def snake_case(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])(?=[a-z0-9])", lambda match: "_" + match[1].lower(), name)


def translate(statement):
    """A statement of TypeScript as one of Python."""
    tokens = [text for text in token.findall(statement) if text.strip()]
    result = []
    open_ = []  # of each bracket: itself, and the name before it
    for i, text in enumerate(tokens):
        following = tokens[i + 1] if i + 1 < len(tokens) else ""
        inside, callee = open_[-1] if open_ else ("", "")
        if text in "([{":
            open_.append((text, tokens[i - 1] if i and text == "(" else callee))
            result.append("" if text == "{" else text)
        elif text in ")]}":
            open_.pop()
            result.append("" if text == "}" else text)
        elif text in ("const", "let"):
            continue
        elif text in words:
            result.append(words[text])
        elif re.fullmatch(r"\d+", text):
            is_float = callee == "tensor" or (callee == "full" and inside == "(")
            result.append(f"{text}." if is_float else text)
        elif re.fullmatch(r"\d+n", text):
            result.append(text[:-1])
        elif re.match(r"[A-Za-z_]", text):
            name = snake_case(text)
            is_key = inside == "{" and tokens[i - 1] in "{,"
            result.append(f"{name}={name}" if is_key and following != ":" else name)
        elif text == ":" and inside == "{":
            result.append("=")
        else:
            result.append(text)
    return "".join(result).replace(",", ", ")


def shown(value):
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


class Names:
    """`torch`, in which nodetorch also has the operators that Python keeps elsewhere."""

    def __getattr__(self, name):
        places = (torch, torch.nn.functional, torch._C._nn, torch.ops.aten)
        return next(getattr(place, name) for place in places if hasattr(place, name))


def run(code):
    """What each statement that has a comment behind it gives."""
    scope = {"torch": Names()}
    results = []
    for statement, comment in re.findall(r"([^;]+);\s*((?://[^\n]*\s*)*)", code):
        python = translate(statement)
        if comment:
            results.append([python, shown(eval(python, scope))])
        else:
            exec(python, scope)
    return results


examples = {}
for file in sorted(docs.glob("*.md")):
    for section in file.read_text().split("\n## ")[1:]:
        name = section.split("\n", 1)[0].split(",")[0]
        code = re.search(r"```ts\n(.*?)\n```", section, re.S)
        if not code:
            continue
        try:
            examples[name] = run(code[1])
        except Exception as error:
            raise SystemExit(f"{file.name}, {name}: {error}")

lines = [f"  {json.dumps(name)}: {json.dumps(results)}" for name, results in examples.items()]
(here / "examples.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
