"""The figures as the tables of docs/nano.md.

python -m training.tables
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).parent / "figures"
COLUMNS = {
    "number": "pictures", "thing": "object", "colour": "colour", "place": "place", "time": "time", "count": "count", "weather": "weather",
    "look": "look", "box": "box_psnr_db", "likest": "box_likest", "likest colour": "box_colour", "relation": "relation", "both things": "both",
}  # fmt: skip
RELEASED = {
    "thing": "object", "colour": "colour", "place": "place", "time": "time", "relation": "relation", "both things": "both", "look": "look",
    "likest": "box_likest", "likest colour": "box_colour", "box": "box_psnr_db",
}  # fmt: skip
SETS = {
    "known, English": "known, English",
    "known, German": "known, German",
    "known, Turkish": "known, Turkish",
    "held out, English": "never trained together, English",
}
LANGUAGE = ("object", "place", "time", "colour")


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[int] = (0,)) -> str:
    """Markdown; columns are of numbers but those in `words`."""
    return "\n".join([row(head), row(["---" if column in words else "--:" for column in range(len(head))]), *map(row, rows)])


def number(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def text_table(figures: Mapping[str, Any]) -> str:
    """What random prompts became, and on top what the judges are right about at best."""

    def cell(facts: Mapping[str, Any], key: str) -> str:
        return f"{facts[key]:.1f} dB" if key == "box_psnr_db" else number(facts.get(key))

    judge = ["*the judges themselves, of renders*", *(number(figures["judge"].get(key)) for key in COLUMNS.values())]
    rows = [[told, *(cell(figures["sets"][name], key) for key in COLUMNS.values())] for name, told in SETS.items()]
    return table([f"prompts, at {figures['steps']} steps", *COLUMNS], [judge, *rows])


def modes_table(figures: Mapping[str, Any]) -> str:
    """What requests with pictures became."""
    edit, fill, edges, depth, combine = (figures["modes"][mode] for mode in ("edit", "fill", "edges", "depth", "combine"))
    kinds = ", ".join(f"{kind} {number(share)}" for kind, share in edit["done_by_kind"].items())
    kept = f"what was to stay did to the pixel in {edit['kept_exactly']:.2f}, else it is like before by {edit['kept_db']:.1f} dB"
    kept += f"; nothing else came, went or turned in {edit['nothing_else']:.2f}"
    outside = "not one level of difference" if fill["outside_least_db"] >= 100 else f"the same to {fill['outside_least_db']:.0f} dB"
    rows = [
        (
            f"edits, {edit['pictures']}",
            f"done: {edit['done']:.2f} ({kinds}); {kept}",
        ),
        ("fills", f"outside {outside}; the thing in the hole right {fill['object']:.2f}, its box {fill['box_psnr_db']:.1f} dB"),
        (
            "outlines",
            f"there within 2 pixels of 256: {edges['outlines_found']:.2f}, shown of those there: {edges['outlines_wanted']:.2f}; box {edges['box_psnr_db']:.1f} dB",
        ),
        ("nearness", f"thing {depth['object']:.2f}, box {depth['box_psnr_db']:.1f} dB"),
        ("two pictures", f"both things {combine['both']:.2f}, relation {combine['relation']:.2f}, the place {combine['place']:.2f}"),
    ]
    head = [f"request, {fill['pictures']} each, at {figures['steps']} steps", "what came out"]
    return table(head, rows, words=(0, 1))


def languages_table(figures: Mapping[str, Any]) -> str:
    """Two languages a line."""
    told = [[name, *(number(facts[head]) for head in LANGUAGE)] for name, facts in figures["languages"].items()]
    half = -(-len(told) // 2)
    names = ["language", "thing", "place", "time", "colour"]
    lines = [[*left, "", *right] for left, right in zip(told[:half], told[half:], strict=False)]
    return table([*names, "", *names], lines, words=(0, 5, 6))


def _over_all(figures: Mapping[str, Any]) -> list[str]:
    """RELEASED, of all sets together, by how many pictures they have."""
    sets = figures["sets"].values()

    def mean(key: str) -> str:
        found = sum(facts[key] * facts["pictures"] for facts in sets) / sum(facts["pictures"] for facts in sets)
        return f"{found:.1f} dB" if key == "box_psnr_db" else number(found)

    return [mean(key) for key in RELEASED.values()]


def steps_table(compared: Sequence[Mapping[str, Any]]) -> str:
    """What more steps bring."""
    return table(["steps", *RELEASED], [[str(figures["steps"]), *_over_all(figures)] for figures in compared])


def versions_table(released: Sequence[Mapping[str, Any]]) -> str:
    """What more hours brought."""
    rows = []
    for figures in released:
        model = figures["model"]
        taught = [f"nano {model['version']}", f"{model['seconds'] / 3600:.1f}", f"{round(model['samples'], -3):,}"]
        rows.append([*taught, *_over_all(figures)])
    return table(["weights", "hours", "examples seen", *RELEASED], rows)


def load(name: str, figures: Path = FIGURES) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((figures / f"{name}.json").read_text())
    return told


def versions(figures: Path = FIGURES) -> list[dict[str, Any]]:
    """The figures of every version of the weights that were judged alike, in the order of what they were taught."""
    return sorted((load(path.stem, figures) for path in figures.glob("version-*.json")), key=lambda told: told["model"]["seconds"])


def tables(figures: Path = FIGURES) -> list[str]:
    text, modes, languages = (load(name, figures) for name in ("text", "modes", "languages"))
    compared = [load(f"steps-{steps}", figures) for steps in (4, 8, 28)]
    return [text_table(text), steps_table(compared), modes_table(modes), languages_table(languages), versions_table(versions(figures))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures", type=Path, default=FIGURES)
    print("\n\n".join(tables(parser.parse_args().figures)))


if __name__ == "__main__":
    main()
