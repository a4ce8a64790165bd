"""The shipped rules, made quick by one factor: for a test that has no half hours.

All times of the rules are divided by it: `for`, the windows of expressions and offsets, and what
predict_linear looks ahead. Bounds stay, but for those on the free bytes of the store's disk, which are
divided by 1024: a test's disk is small. Counts in a window keep their bounds and so get stricter.
"""
import re

FACTOR = 20
SECONDS = {"s": 1, "m": 60, "h": 3600}


def quick_duration(text):
    number, unit = re.fullmatch(r"(\d+)([smh])", text).groups()
    return f"{max(1, int(number) * SECONDS[unit] * 1000 // FACTOR)}ms"


def quick(rules):
    """The text of a rule file, quick."""
    rules = re.sub(r"(?m)^(\s+for: )(\w+)$", lambda m: m[1] + quick_duration(m[2]), rules)
    rules = re.sub(r"\[(\d+[smh])\]", lambda m: f"[{quick_duration(m[1])}]", rules)
    rules = re.sub(r"(offset )(\d+[smh])", lambda m: m[1] + quick_duration(m[2]), rules)
    rules = re.sub(r"(\d+) \* 3600", lambda m: str(int(m[1]) * 3600 // FACTOR), rules)
    return rules.replace("2^30", "2^20")
