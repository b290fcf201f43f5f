"""One change of a scene: what Kontext is asked for. Drawn by chance; the grammars put it into words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from training.draw import any_noun, colour_for, draw_scene, held_out, one_of, place_for, second_fits
from training.phrases import LOOKS, OUTDOORS, TIMED, TIMES, WEATHERS
from training.scenes import Scene
from training.vocabulary import BY_NAME, COLOURS
from training.wording import Chance, pick

KIND_SHARES = {
    "time": 0.15, "colour": 0.14, "place": 0.17, "weather": 0.06, "clear": 0.03, "add": 0.11, "remove": 0.10, "replace": 0.16, "look": 0.05, "size": 0.03,
}  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """`kind` of change from scene `before` to scene `after`; `thing` is what it is about, `value` what it becomes."""

    kind: str
    before: Scene
    after: Scene
    thing: str = ""
    value: str = ""
    colour: str | None = None


def _time(scene: Scene, chance: Chance) -> Edit | None:
    if scene.time is None or scene.look == "night photo":
        return None
    value = pick(chance, [time.name for time in TIMES if time.name != scene.time])
    return Edit("time", scene, replace(scene, time=value), value=value)


def _colour(scene: Scene, chance: Chance) -> Edit | None:
    if not BY_NAME[scene.thing].recolourable or scene.look == "cartoon":
        return None
    value = pick(chance, [colour.name for colour in COLOURS if colour.name != scene.colour])
    return Edit("colour", scene, replace(scene, colour=value), scene.thing, value)


def _place(scene: Scene, chance: Chance) -> Edit | None:
    """It stays as late as it is; by day where that is not to be seen, as nobody expects a night of which nothing was said."""
    place = place_for(BY_NAME[scene.thing], chance)
    if place == scene.place or scene.look == "night photo":
        return None
    time = (scene.time or "day") if place in TIMED else None
    weather = scene.weather if place in OUTDOORS else None
    if place == "plain" and time is None:
        return Edit("place", scene, replace(scene, place=place, time=None, weather=None, backdrop=None), scene.thing, place)
    return Edit("place", scene, replace(scene, place=place, time=time, weather=weather, backdrop=None), scene.thing, place)


def _weather(scene: Scene, chance: Chance) -> Edit | None:
    if scene.place not in OUTDOORS or scene.weather is not None:
        return None
    value = pick(chance, [weather.name for weather in WEATHERS])
    return Edit("weather", scene, replace(scene, weather=value), value=value)


def _clear(scene: Scene, chance: Chance) -> Edit | None:
    edit = _weather(scene, chance)
    return Edit("clear", edit.after, scene, value=edit.value) if edit else None


def _two(scene: Scene, chance: Chance) -> Scene | None:
    """The scene with a small second thing in what was free."""
    other = any_noun(chance)
    if scene.count > 1 or scene.size or scene.position or scene.look == "cartoon" or not second_fits("with small", scene.thing, other.name):
        return None
    return replace(scene, second=other.name, second_colour=colour_for(other, chance, 0.3), relation="with small")


def _add(scene: Scene, chance: Chance) -> Edit | None:
    """Small and to the right of the only thing: of a place that does not follow from the picture and the words, all are painted at once."""
    both = None if scene.second else _two(scene, chance)
    if both is None:
        return None
    return Edit("add", replace(both, hidden="second"), both, scene.thing, str(both.second), both.second_colour)


def _add_above(scene: Scene, chance: Chance) -> Edit | None:
    """What is added to pictures oftener than its share of all things: something in the air."""
    edit = _add(scene, chance)
    return edit if edit and BY_NAME[edit.value].flies else None


def _remove(scene: Scene, chance: Chance) -> Edit | None:
    both = scene if scene.second else _two(scene, chance)
    if both is None:
        return None
    first = scene.second is not None and chance.random() < 0.5
    gone = both.thing if first else str(both.second)
    return Edit("remove", both, replace(both, hidden="thing" if first else "second"), gone)


def _remove_all(scene: Scene, _: Chance) -> Edit | None:
    """The one thing of a picture, so that its place is left empty."""
    return Edit("remove", scene, replace(scene, hidden="thing"), scene.thing) if scene.count == 1 and scene.second is None else None


def _replace(scene: Scene, chance: Chance) -> Edit | None:
    other = any_noun(chance)
    if other.name == scene.thing or scene.second or other.flies != BY_NAME[scene.thing].flies or scene.look == "cartoon":
        return None
    colour = colour_for(other, chance, 0.3)
    return Edit("replace", scene, replace(scene, thing=other.name, colour=colour), scene.thing, other.name, colour)


def _look(scene: Scene, chance: Chance) -> Edit | None:
    if scene.look != "3d":
        return None
    value = pick(chance, [look.name for look in LOOKS if look.name not in ("3d", "night photo")])
    return None if value == "cartoon" and scene.colour else Edit("look", scene, replace(scene, look=value), value=value)


def _size(scene: Scene, chance: Chance) -> Edit | None:
    if scene.second or scene.count > 1 or scene.position:
        return None
    value = pick(chance, [size for size in ("small", "big") if size != scene.size])
    return Edit("size", replace(scene, size=None), replace(scene, size=value), scene.thing, value)


DRAWN = {
    "time": _time, "colour": _colour, "place": _place, "weather": _weather, "clear": _clear,
    "add": _add, "remove": _remove, "replace": _replace, "look": _look, "size": _size, "add above": _add_above, "remove all": _remove_all,
}  # fmt: skip


def draw_edit(chance: Chance, *, may_hold_out: bool = False, kind: str | None = None) -> Edit:
    """A random edit, of a way in DRAWN or of any kind by KIND_SHARES; neither what it begins with nor what it ends with is held out, unless that may be."""
    wanted = kind or one_of(chance, KIND_SHARES)
    while True:
        edit = DRAWN[wanted](draw_scene(chance, may_hold_out=may_hold_out), chance)
        if edit is not None and (may_hold_out or not (held_out(edit.before) or held_out(edit.after))):
            return edit
