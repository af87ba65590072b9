# SPDX-License-Identifier: Apache-2.0
"""quick_json: json by its own C parts; what json loads besides (re, enum) takes longer than the rest of a crictl."""
import _json


class _Plain:
    strict, memo = True, {}
    object_hook = object_pairs_hook = parse_constant = None
    parse_float, parse_int = float, int


_scan = _json.make_scanner(_Plain())


def loads(text):
    text = text.strip()
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        end = -1
    if end != len(text):
        raise ValueError(f"no JSON: {text[:80]}")
    return value


def dumps(value, margin="\n"):
    """With two spaces for each level, as crictl prints it."""
    inner = margin + "  "
    if isinstance(value, dict):
        parts = [f"{_json.encode_basestring_ascii(key)}: {dumps(part, inner)}" for key, part in value.items()]
        return "{" + inner + ("," + inner).join(parts) + margin + "}" if parts else "{}"
    if isinstance(value, (list, tuple)):
        parts = [dumps(part, inner) for part in value]
        return "[" + inner + ("," + inner).join(parts) + margin + "]" if parts else "[]"
    if isinstance(value, str):
        return _json.encode_basestring_ascii(value)
    return {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else repr(value)
