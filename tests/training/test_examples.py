"""Examples of pictures that are shown: where things stand is to be seen there, and not to be known beforehand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.engines.nano.layout import SMALL
from training import examples
from training.draw import RELATION_SHARES, draw_scene, held_out
from training.edits import KIND_SHARES
from training.examples import MOVED, Example, make_example
from training.phrases import POSITIONS
from training.scenes import GRIDS, at_grid, boxes, leeway, paint
from training.sprites import PACKAGES
from training.vocabulary import BY_NAME

seeds = st.integers(0, 2**32 - 1)
SIDES = [phrase for languages in POSITIONS.values() for phrases in languages for phrase in phrases]
needs_sprites = pytest.mark.skipif(
    not PACKAGES.exists() or find_spec("resvg_py") is None, reason="needs the pictures of things, and what draws them: scripts/rehearse installs both"
)


@given(seeds, st.sampled_from(GRIDS))
@settings(max_examples=200, deadline=None)
def test_what_is_moved_as_far_as_it_may_be_still_stands_in_the_picture(seed: int, grid: tuple[int, int]) -> None:
    scene = at_grid(draw_scene(np.random.default_rng(seed)), *grid)

    for moved in leeway(scene):
        standing = boxes(replace(scene, moved=moved))
        assert min(placed.column for placed in standing) >= 0
        assert max(placed.column + placed.side for placed in standing) <= scene.columns


@given(seeds, st.sampled_from(sorted(MOVED)))
@settings(max_examples=200, deadline=None)
def test_scenes_that_belong_together_are_moved_together(seed: int, mode: str) -> None:
    chance = np.random.default_rng(seed)
    scenes = [at_grid(draw_scene(chance), 8, 8) for _ in range(2)]

    moved = examples._moved(mode, chance, *scenes)

    assert moved[0].moved == moved[1].moved
    assert [replace(scene, moved=0.0) for scene in moved] == scenes
    assert all(least <= moved[0].moved <= most for least, most in map(leeway, scenes)) or not moved[0].moved


def drawn(mode: str, count: int = 40) -> list[Example]:
    return [make_example(mode, (8, 8), np.random.default_rng(seed)) for seed in range(count)]


@needs_sprites
@pytest.mark.parametrize("mode", ["fill", "edges", "depth"])
def test_on_which_side_a_moved_thing_is_only_the_picture_says(mode: str) -> None:
    some = drawn(mode)
    moved = [example for example in some if example.scene.moved]
    alone = [example.caption for example in moved if example.scene.second is None]

    assert abs(len(moved) / len(some) - MOVED[mode]) < 0.25
    assert not [caption for caption in alone if any(side in caption for side in SIDES)]


@needs_sprites
def test_outlines_are_where_the_things_were_moved_to() -> None:
    scene = replace(draw_scene(np.random.default_rng(1), thing="lighthouse"), count=1, size=None, position=None, second=None, relation=None)
    here, there = (paint(replace(at_grid(scene, 8, 8), moved=moved), 32) for moved in (-2.0, 2.0))
    changed = np.abs(here - there).max(-1) > 0.1

    assert changed[:, : 4 * 32].any()
    assert changed[:, 4 * 32 :].any()


def test_what_is_learnt_worst_is_taught_oftener_than_chance_has_it() -> None:
    chance = np.random.default_rng(3)
    by_chance = [draw_scene(chance) for _ in range(1000)]
    taught = [examples._told_scene(chance, may_hold_out=False) for _ in range(1000)]

    left = 1 - examples.SHOWN_OFF - examples.PAIRED - examples.COLOURED
    for share, sort in ((examples.PAIRED, lambda scene: scene.second is not None), (examples.COLOURED, examples.coloured_apart)):
        usual = sum(map(sort, by_chance)) / 1000
        assert sum(map(sort, taught)) / 1000 == pytest.approx(share + left * usual, abs=0.05)
    relations = Counter(scene.relation for scene in taught if scene.second)
    assert set(relations) == set(RELATION_SHARES)
    assert min(relations.values()) > 0.06 * relations.total()
    assert not any(held_out(scene) for scene in taught)


@needs_sprites
def test_edits_by_which_things_come_go_or_change_are_taught_oftener_and_judged_as_often_as_chance_has_them() -> None:
    def shares(make: Callable[[str, tuple[int, int], np.random.Generator], Example]) -> dict[str, float]:
        chance = np.random.default_rng(4)
        kinds = Counter(edit.kind for _ in range(700) if (edit := make("edit", (8, 8), chance).edit))
        return {kind: count / kinds.total() for kind, count in kinds.items()}

    ways: dict[str, float] = {}
    for way, more in examples.REWORKS.items():
        ways[way.split()[0]] = ways.get(way.split()[0], 0) + more
    judged, taught = shares(make_example), shares(examples.make_lesson)
    for kind, more in ways.items():
        usual = KIND_SHARES[kind]
        assert judged[kind] == pytest.approx(usual, abs=0.05)
        assert taught[kind] == pytest.approx((1 - examples.REWORKED) * usual + examples.REWORKED * more, abs=0.05)


@needs_sprites
def test_where_something_is_added_follows_from_where_the_first_thing_stands() -> None:
    chance = np.random.default_rng(6)
    added = [examples._edit((8, 8), chance, may_hold_out=False, kind=kind).scene for kind in ("add", "add above") for _ in range(60)]

    for scene in added:
        first, second = sorted(boxes(scene), key=lambda placed: placed.is_second)
        assert (second.column - first.column, second.side) == (first.side, SMALL)
        assert (second.row < first.row - 2) == BY_NAME[second.thing].flies
    assert len({scene.moved for scene in added}) > 1
