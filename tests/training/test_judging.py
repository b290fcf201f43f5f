"""Boxes are told apart by thing and by colour; and what judges tell, of pictures and of themselves, is counted where there is something to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.scenes import Scene, paint, shown
from training.sprites import own_colours

torch = pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")

CAR = Scene("car", "city", "day", "red", 1, None, None, 8, 8, 0)
UNIT = 32


def test_a_render_is_of_its_thing_and_in_its_colour() -> None:
    from training.judging import box_figures

    own = replace(CAR, colour=None)
    figures = box_figures([paint(CAR, UNIT), paint(own, UNIT)], [CAR, own])

    assert (figures["box_likest"], figures["box_colour"], figures["box_coloured"]) == (1, 1, 1)
    assert figures["box_psnr_db"] > 20


def test_another_colour_and_another_thing_are_not_what_was_asked_for() -> None:
    from training.judging import box_figures

    own = replace(CAR, colour=None)
    blue, cat = paint(replace(CAR, colour="blue"), UNIT), paint(replace(own, thing="cat"), UNIT)

    figures = box_figures([blue, cat], [CAR, own])

    assert (figures["box_likest"], figures["box_colour"]) == (0, 0)


@pytest.mark.parametrize(
    ("thing", "look", "colours"), [("car", "3d", {"red"}), ("bus", "flat", {"orange", "yellow"}), ("cat", "3d", set()), ("cow", "3d", set())]
)
def test_a_thing_has_the_colours_in_which_it_hardly_looks_different(thing: str, look: str, colours: set[str]) -> None:
    assert own_colours(thing, look) == colours


def test_a_thing_as_it_always_is_is_in_a_colour_that_it_always_has() -> None:
    from training.judging import box_figures, judged

    own = replace(CAR, colour=None)
    asked = [CAR, replace(CAR, colour="blue"), CAR]
    seen = [own, own, replace(CAR, colour="orange")]

    assert judged(Told(seen), numbered_pictures(3), asked)["colour"] == pytest.approx(1 / 3, abs=1e-4)
    assert box_figures([paint(each, UNIT) for each in seen], asked)["box_colour"] == pytest.approx(1 / 3, abs=1e-4)


def blind_and_knowing(judge: Any, labels: dict[str, np.ndarray], nothing: dict[str, str]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Logits of a judge that always sees nothing special, and of one that is always right."""
    count = len(next(iter(labels.values())))
    blind = {head: np.eye(len(words))[[words.index(nothing.get(head, words[0]))] * count] for head, words in judge.heads.items()}
    return blind, {head: np.eye(len(words))[labels[head]] for head, words in judge.heads.items()}


def test_judges_that_always_see_nothing_special_are_right_about_nothing() -> None:
    from training import judge_boxes, judge_pictures
    from training.classifier import ceilings

    scenes = [CAR, replace(CAR, colour="blue", weather="rain"), replace(CAR, look="flat", backdrop="gradient"), replace(CAR, second="cat", relation="beside")]
    for kind in (judge_pictures, judge_boxes):
        nothing = {head: words[0] for head, words in kind.NOTHING.items()}
        labels = kind.labels_of(scenes)
        blind, knowing = blind_and_knowing(kind.JUDGE, labels, nothing)

        assert all(ceilings(kind.JUDGE, blind, labels)[head] == 0 for head in nothing)
        assert all(share == 1 for share in ceilings(kind.JUDGE, knowing, labels).values())


@pytest.mark.parametrize(("name", "least"), [("judge_boxes", {"object": 0.9, "colour": 0.9}), ("judge_pictures", {"place": 0.9, "time": 0.9, "count": 0.9})])
def test_the_judges_that_are_shipped_know_renders_that_they_were_not_taught(name: str, least: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    from training import classifier, judge_boxes, judge_pictures

    judge = {"judge_boxes": judge_boxes, "judge_pictures": judge_pictures}[name].JUDGE
    monkeypatch.setattr(classifier.Judge, "home", Path("/nonexistent"))
    pictures, labels = judge.renders(np.random.default_rng(99), 100)

    found = classifier.ceilings(judge, classifier.tell(classifier.load(judge), pictures.astype(np.float32) / 255), labels)

    assert {head for head, share in least.items() if (found[head] or 0) < share} == set()
    assert set(classifier.load_ceilings(judge)) == set(judge.heads)


def test_a_judge_that_was_made_here_goes_before_the_one_that_is_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training import classifier, judge_boxes

    monkeypatch.setattr(classifier.Judge, "home", tmp_path)
    judge, fresh = judge_boxes.JUDGE, classifier.Classifier(judge_boxes.HEADS)
    shipped = classifier.load(judge).heads["object"].weight

    classifier.save(judge, fresh)

    assert torch.allclose(classifier.load(judge).heads["object"].weight, fresh.heads["object"].weight, atol=1e-3)
    assert not torch.allclose(shipped, fresh.heads["object"].weight, atol=1e-3)


def test_colours_count_where_one_was_asked_for_and_the_look_shows_it() -> None:
    from training import judge_boxes

    scenes = [CAR, replace(CAR, colour=None), replace(CAR, look="line drawing")]

    assert judge_boxes.counted("colour", judge_boxes.labels_of(scenes)).tolist() == [True, False, False]


@pytest.mark.parametrize("size", [None, "small", "big"])
def test_a_box_is_looked_at_as_closely_whatever_its_size(size: str | None) -> None:
    from training.judge_boxes import SIDE, part_of

    scene = replace(CAR, size=size, place="plain", backdrop="green")
    picture = paint(scene, UNIT)
    part = part_of(picture, scene.rows, shown(scene)[0])

    ground = np.abs(part.astype(float) - part[2, 2]).max(-1) < 20
    high, wide = (np.flatnonzero((~ground).any(axis)) for axis in (1, 0))
    assert part.shape == (SIDE, SIDE, 3)
    assert 0.6 * SIDE < wide[-1] - wide[0] <= SIDE
    assert 0.4 * SIDE < high[-1] - high[0] <= SIDE


def test_what_is_seen_from_nearer_stands_where_what_is_big_does() -> None:
    from training.judge_pictures import from_nearer

    scene = replace(CAR, size="big", place="plain", time=None, backdrop="green")

    nearer, big = from_nearer(scene, UNIT), paint(scene, UNIT)

    assert nearer.shape == big.shape
    (box,) = shown(scene)
    part = np.s_[(int(box.row) - box.side) * UNIT : int(box.row) * UNIT, int(box.column) * UNIT : (int(box.column) + box.side) * UNIT]
    assert -10 * np.log10(np.mean((nearer[part] - big[part]) ** 2)) > 24


class Told:
    """Judges that see what the scenes `seen` show."""

    def __init__(self, seen: list[Scene]) -> None:
        self.seen = seen

    def of_boxes(self, pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> dict[str, np.ndarray]:
        from training.judge_boxes import labels_of

        return labels_of([self.seen[int(picture[0, 0, 0])] for picture in pictures])

    def of_pictures(self, pictures: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        from training.judge_pictures import labels_of

        return labels_of([self.seen[int(picture[0, 0, 0])] for picture in pictures])


def numbered_pictures(count: int) -> list[np.ndarray]:
    return [np.full((8, 8, 3), number) for number in range(count)]


def test_what_is_seen_instead_is_counted_and_said() -> None:
    from training.judging import judged, mistakes

    pair = replace(CAR, second="cat", relation="left of")
    asked = [CAR, replace(CAR, count=2), pair, pair]
    seen = [replace(CAR, colour="blue"), replace(CAR, count=2, place="beach"), pair, replace(pair, second="dog")]

    figures = judged(Told(seen), numbered_pictures(4), asked)

    assert (figures["object"], figures["colour"], figures["place"], figures["both"], figures["pairs"]) == (1, 0.5, 0.75, 0.5, 2)
    assert mistakes(Told(seen), numbered_pictures(4), asked) == [["colour: blue"], ["place: beach"], [], ["object: dog"]]


def test_of_several_things_the_share_that_is_right_counts() -> None:
    from training.judging import verdicts

    class HalfRight(Told):
        def of_boxes(self, pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> dict[str, np.ndarray]:
            told = super().of_boxes(pictures, scenes)
            told["object"][0] += 1
            return told

    asked = [replace(CAR, count=2), CAR, replace(CAR, hidden="thing")]

    found = verdicts(HalfRight(asked), numbered_pictures(3), asked)["object"]
    assert found.right.tolist() == [0.5, 1, 0]
    assert found.counts.tolist() == [True, True, False], "where nothing is left there is nothing to tell"


BOTH = replace(CAR, second="cat", relation="with small")
ALONE = replace(BOTH, hidden="second")


def large(*pictures: np.ndarray) -> list[np.ndarray]:
    return [np.repeat(np.repeat(picture, 2, 0), 2, 1) for picture in pictures]


def test_an_edit_is_done_where_what_went_is_gone() -> None:
    from training.edits import Edit
    from training.evaluate_modes import edit_figures
    from training.examples import Example

    with_cat, without = paint(BOTH, UNIT), paint(ALONE, UNIT)
    went = Example("edit", "remove the cat", ALONE, without, (with_cat,), Edit("remove", BOTH, ALONE, "cat"))
    seen = ("dog", "cat", "cat")  # where the cat is

    class Seeing(Told):
        def of_boxes(self, pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> dict[str, np.ndarray]:
            from training.judge_boxes import labels_of

            return labels_of([replace(scene, second=second) for scene, second in zip(scenes, seen, strict=True)])

        def of_pictures(self, pictures: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
            from training.judge_pictures import labels_of

            return labels_of([CAR] * len(pictures))

    stray = without.copy()
    stray[:UNIT, :UNIT] = 1 - stray[:UNIT, :UNIT].round()
    figures = edit_figures(Seeing([]), [went] * 3, large(with_cat, with_cat, with_cat), large(without, with_cat, stray))

    assert figures["done_by_kind"] == {"remove": pytest.approx(1 / 3, abs=1e-4)}
    assert figures["number_by_kind"] == {"remove": 3}
    assert figures["nothing_else"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["kept_exactly"] == pytest.approx(1 / 3, abs=1e-4), "where nothing was done"


def test_an_edit_is_done_where_what_came_is_seen_wherever_that_is() -> None:
    from training.edits import Edit
    from training.evaluate_modes import edit_figures
    from training.examples import Example
    from training.judge_boxes import labels_of, parts_of

    with_cat, without = paint(BOTH, UNIT), paint(ALONE, UNIT)
    came = Example("edit", "add a cat", BOTH, with_cat, (without,), Edit("add", ALONE, BOTH, "car", "cat"))
    [cat] = parts_of(large(with_cat), [replace(BOTH, hidden="thing")])

    class Looking(Told):
        """Sees the cat where it is, and a dog elsewhere."""

        def of_boxes(self, pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> dict[str, np.ndarray]:
            like = [np.abs(part.astype(float) - cat).mean() < 20 for part in parts_of(pictures, scenes)]
            shown = [scene for scene in scenes for _ in range(1 + (scene.second is not None and scene.hidden is None))]
            return labels_of([replace(scene, second="cat" if is_cat else "dog", hidden="thing") for scene, is_cat in zip(shown, like, strict=True)])

        def of_pictures(self, pictures: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
            from training.judge_pictures import labels_of

            return labels_of([CAR] * len(pictures))

    box = np.s_[4 * UNIT : 6 * UNIT, 6 * UNIT : 8 * UNIT]
    aside = without.copy()
    aside[3 * UNIT : 5 * UNIT, : 2 * UNIT] = with_cat[box]
    blob = without.copy()
    blob[box] = 0.5
    figures = edit_figures(Looking([]), [came] * 4, large(*[without] * 4), large(with_cat, aside, blob, without))

    assert figures["done_by_kind"] == {"add": 0.5}
    assert figures["kept_exactly"] == 0.75, "the first one's shadow goes further, though it is hardly seen"


def test_edits_begin_with_what_nano_painted_of_their_scene() -> None:
    from mezzotint.engines.nano.engine import NanoEngine
    from training.evaluate_modes import begun_with, examples_of
    from training.reporting import Dials

    examples = examples_of("edit", 2)
    begun = begun_with(NanoEngine(2), examples, Dials(steps=4))

    for example, picture in zip(examples, begun, strict=True):
        render = np.repeat(np.repeat(example.references[0], 2, 0), 2, 1)
        assert picture.shape == (512, 512, 3)
        assert 0.01 < np.sqrt(np.mean((picture - render) ** 2)) < 0.2
