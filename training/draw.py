"""Scenes drawn by chance, within the grammar and without what is held out of training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mezzotint.engines.nano.falling import ARRANGEMENTS
from training.phrases import LOOKS, OUTDOORS, PLACES, SHOWN_OFF, TIMED, TIMES, WEATHERS
from training.scenes import GRIDS, Scene
from training.vocabulary import BY_NAME, COLOURS, HELD_OUT_COLOURS, HELD_OUT_PLACES, HELD_OUT_TOGETHER, NOUNS, Noun

GRID_SHARES = (0.45, 0.27, 0.09, 0.03, 0.01, 0.07, 0.05, 0.02, 0.01)
GROUNDS, WEATHERED = 32, ARRANGEMENTS  # ways in which the details of one ground are drawn, and of one in some weather
COUNTS = {1: 0.62, 2: 0.11, 3: 0.09, 4: 0.09, 5: 0.09}
TWO_THINGS = 0.27
COLOURED = 0.6  # of the things that come in colours; of 0.8, a thing in its own colour is learnt less well than before
WEATHER = 0.16  # of scenes outdoors
BACKDROP = 0.5  # of plain grounds
LOOK_SHARES = {"3d": 0.80, "flat": 0.06, "cartoon": 0.03, "line drawing": 0.03, "watercolour": 0.03, "pixel art": 0.03, "night photo": 0.02}
RELATION_SHARES = {
    "beside": 0.22, "left of": 0.17, "right of": 0.17, "on": 0.10, "under": 0.06, "above": 0.06, "behind": 0.08, "in front of": 0.08, "with small": 0.06,
}  # fmt: skip


def one_of(chance: np.random.Generator, shares: dict[str, float]) -> str:
    return str(chance.choice(list(shares), p=list(shares.values())))


def any_noun(chance: np.random.Generator) -> Noun:
    return NOUNS[chance.integers(len(NOUNS))]


def colour_for(noun: Noun, chance: np.random.Generator, share: float = COLOURED) -> str | None:
    if not noun.recolourable or chance.random() >= share:
        return None
    return COLOURS[chance.integers(len(COLOURS))].name


def place_for(noun: Noun, chance: np.random.Generator) -> str:
    if chance.random() < 0.62:
        return str(chance.choice(noun.home))
    return str(chance.choice([place.name for place in PLACES]))


def time_for(place: str, chance: np.random.Generator) -> str | None:
    if place not in TIMED:
        return None
    return str(chance.choice([time.name for time in TIMES], p=(0.40, 0.20, 0.20, 0.20)))


def second_fits(relation: str, thing: str, second: str) -> bool:
    """Whether the relation of the two can be shown."""
    one, other = BY_NAME[thing], BY_NAME[second]
    if thing == second:
        return False
    if relation == "on":
        return other.back is not None and not one.flies
    if relation == "under":
        return (other.flies or other.canopy) and not one.flies
    if relation == "above":
        return one.flies and not other.flies
    if relation in ("behind", "in front of"):
        return not one.flies and not other.flies
    return True


def held_out(scene: Scene) -> bool:
    """Whether it shows what is never trained together."""
    things = [(scene.thing, scene.colour)] + ([(scene.second, scene.second_colour)] if scene.second else [])
    if scene.second and frozenset((scene.thing, scene.second)) in HELD_OUT_TOGETHER:
        return True
    return any((thing, scene.place) in HELD_OUT_PLACES or (thing, colour or "") in HELD_OUT_COLOURS for thing, colour in things)


def _with_second(scene: Scene, chance: np.random.Generator) -> Scene | None:
    relation = one_of(chance, RELATION_SHARES)
    for _ in range(200):
        other = any_noun(chance)
        thing = scene.thing
        if relation == "above" and not BY_NAME[thing].flies:
            thing = str(chance.choice([noun.name for noun in NOUNS if noun.flies]))
        if second_fits(relation, thing, other.name):
            colour = scene.colour if thing == scene.thing else None
            return replace(scene, thing=thing, colour=colour, second=other.name, second_colour=colour_for(other, chance, 0.35), relation=relation)
    return None


def _draw(chance: np.random.Generator, thing: str | None) -> Scene | None:
    noun = BY_NAME[thing] if thing else any_noun(chance)
    place = place_for(noun, chance)
    colour, time = colour_for(noun, chance), time_for(place, chance)
    columns, rows = GRIDS[chance.choice(len(GRIDS), p=GRID_SHARES)]
    look = one_of(chance, LOOK_SHARES)
    scene = Scene(noun.name, place, time, colour, 1, None, None, columns, rows, int(chance.integers(GROUNDS)), look=look)
    if place in OUTDOORS and chance.random() < WEATHER:
        weather = WEATHERS[chance.integers(len(WEATHERS))].name
        scene = replace(scene, weather=weather, seed=int(chance.integers(WEATHERED)))
    if place == "plain" and chance.random() < BACKDROP:
        names = [colour.name for colour in COLOURS]
        scene = replace(scene, backdrop="gradient" if chance.random() < 0.2 else str(chance.choice(names)))
    if look == "night photo":
        scene = replace(scene, time="night") if place in OUTDOORS else replace(scene, look="3d")
    if look == "cartoon":
        scene = replace(scene, colour=None)  # that art is not always recoloured well
    if thing is None and look != "cartoon" and chance.random() < TWO_THINGS:
        return _with_second(scene, chance)
    return _in_numbers(scene, chance)


def _in_numbers(scene: Scene, chance: np.random.Generator) -> Scene:
    count = int(chance.choice(list(COUNTS), p=list(COUNTS.values())))
    if count > 1:
        return replace(scene, count=count)
    size = (None, "small", "big")[chance.choice(3, p=(0.70, 0.12, 0.18))]
    position = str(chance.choice(("left", "right"))) if size != "big" and chance.random() < 0.24 else None
    return replace(scene, size=size, position=position)


def draw_scene(chance: np.random.Generator, *, may_hold_out: bool = False, thing: str | None = None) -> Scene:
    """A random scene of the grammar; with `may_hold_out`, also one of those that training never sees."""
    while True:
        scene = _draw(chance, thing)
        if scene is not None and (may_hold_out or not held_out(scene)):
            return scene


def draw_shown_off(chance: np.random.Generator) -> Scene:
    """One of the scenes that are painted for whoever asks for nothing in particular, at any time."""
    thing, place = list(SHOWN_OFF)[chance.choice(len(SHOWN_OFF), p=list(SHOWN_OFF.values()))]
    return Scene(thing, place, str(chance.choice([time.name for time in TIMES])), None, 1, None, None, *GRIDS[0], int(chance.integers(GROUNDS)))


assert set(LOOK_SHARES) == {look.name for look in LOOKS}
