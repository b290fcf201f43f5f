"""English: captions of scenes and instructions for edits."""

from __future__ import annotations

from training.edits import Edit
from training.phrases import BACKDROPS, CAMERAS, FILLERS, LOOK_BY_NAME, PLACE_BY_NAME, POSITIONS, RELATIONS, SIZES, TIME_BY_NAME, WEATHER_BY_NAME
from training.scenes import Scene
from training.vocabulary import BY_NAME
from training.wording import Chance, Facts, joined, phrase, pick

NUMBERS = ("two", "three", "four", "five")
UNCOUNTED = ("art", "graphics", "design", "lights")
KINDS = ("a picture of", "an image of", "a photo of", "a painting of", "an illustration of")
WEATHER_ORDERS = {
    "rain": ("make it rain", "add rain"), "snowfall": ("make it snow", "add falling snow"), "fog": ("add fog", "make it foggy"),
    "rainbow": ("add a rainbow",), "clouds": ("add clouds", "make it cloudy"), "autumn": ("make it autumn", "add falling leaves"),
    "spring": ("make it spring", "add falling blossoms"),
}  # fmt: skip
WEATHER_NAMES = {"rain": "rain", "snowfall": "falling snow", "fog": "fog", "rainbow": "rainbow", "clouds": "clouds", "autumn": "leaves", "spring": "blossoms"}


def article(word: str) -> str:
    return "an" if word[0] in "aeiou8" else "a"


def _name(thing: str, chance: Chance) -> str:
    noun = BY_NAME[thing]
    return pick(chance, noun.words) if noun.words and chance.random() < 0.25 else noun.name


def _one(thing: str, chance: Chance, *adjectives: str | None) -> str:
    together = joined(*(word or "" for word in adjectives), _name(thing, chance))
    return f"{article(together)} {together}" if chance.random() < 0.92 else together


def _things(scene: Scene, facts: Facts, chance: Chance) -> str:
    if scene.count > 1:
        return joined(NUMBERS[scene.count - 2], scene.colour or "", BY_NAME[scene.thing].plural)
    size = phrase(chance, SIZES[scene.size][0]) if scene.size and facts.size and not facts.camera else None
    first = _one(scene.thing, chance, size, scene.colour)
    if scene.second is None:
        return first
    relation = phrase(chance, RELATIONS[str(scene.relation)][0])
    if relation.endswith("a small"):
        return joined(first, relation, scene.second_colour or "", _name(scene.second, chance))
    return joined(first, relation, _one(scene.second, chance, scene.second_colour))


def _verb(scene: Scene, chance: Chance) -> str:
    if chance.random() > 0.3 or scene.second is not None:
        return ""
    if scene.place == "space":
        return "floating"
    if scene.place == "underwater":
        return "swimming"
    if BY_NAME[scene.thing].flies or scene.place == "sky":
        return "flying"
    if scene.place == "water":
        return pick(chance, ("floating", "swimming", "drifting"))
    return pick(chance, ("standing", "sitting", "standing alone"))


def _backdrop(scene: Scene, chance: Chance) -> str:
    if scene.backdrop is None:
        return ""
    if scene.backdrop == "gradient":
        return phrase(chance, BACKDROPS["gradient"][0])
    said = phrase(chance, BACKDROPS["colour"][0]).format(scene.backdrop)
    return said.replace(" a orange", " an orange")


def describe(scene: Scene, facts: Facts, chance: Chance) -> str:
    """A caption for the scene that mentions `facts`."""
    place = phrase(chance, PLACE_BY_NAME[scene.place].english) if facts.place else ""
    verb = _verb(scene, chance) if place else ""
    verb = "" if verb and place.startswith(verb) else verb
    position = phrase(chance, POSITIONS[scene.position][0]) if scene.position else ""
    camera = phrase(chance, CAMERAS[scene.size][0]) if scene.size and facts.size and facts.camera else ""
    weather = phrase(chance, WEATHER_BY_NAME[scene.weather].english) if scene.weather else ""
    time = phrase(chance, TIME_BY_NAME[scene.frame_time].english) if facts.time and scene.time else ""
    look = phrase(chance, LOOK_BY_NAME[scene.look].english) if facts.look else ""
    lead = joined(_things(scene, facts, chance), verb, place, _backdrop(scene, chance), position, weather)
    if look and chance.random() < 0.6 and not look.endswith("style"):
        lead, look = joined("" if look.endswith(UNCOUNTED) else article(look), look, "of", lead), ""
    elif scene.look == "3d" and chance.random() < 0.15:
        lead = f"{pick(chance, KINDS)} {lead}"
    if time:
        lead = (f"{lead} {time}", f"{lead} {time}", f"{lead}, {time}", f"{time}, {lead}")[int(chance.integers(4))]
    tail = [part for part in (camera, look, pick(chance, FILLERS["en"]) if facts.filler else "") if part]
    return ", ".join((lead, *tail))


def _the(thing: str) -> str:
    return f"the {BY_NAME[thing].name}"


def _size_order(edit: Edit, chance: Chance) -> str:
    return f"make {_the(edit.thing)} {pick(chance, ('bigger', 'larger') if edit.value == 'big' else ('smaller', 'tiny'))}"


def instruct(edit: Edit, chance: Chance) -> str:
    """An instruction to make the edit."""
    thing, value = BY_NAME.get(edit.thing), edit.value
    the = _the(edit.thing) if thing else ""
    if edit.kind == "weather":
        return phrase(chance, WEATHER_ORDERS[value])
    if edit.kind == "clear":
        return f"{pick(chance, ('remove', 'take away', 'without'))} the {WEATHER_NAMES[value]}"
    if edit.kind == "size":
        return _size_order(edit, chance)
    phrases: tuple[str, ...]
    if edit.kind == "time":
        phrases = (f"make it {value}", f"change it to {value}", f"turn it into {value}", f"the same scene {pick(chance, TIME_BY_NAME[value].english)}")
    elif edit.kind == "colour":
        phrases = (f"make {the} {value}", f"change the colour of {the} to {value}", f"paint {the} {value}", f"turn {the} {value}")
    elif edit.kind == "place":
        where = phrase(chance, PLACE_BY_NAME[value].english)
        phrases = (f"put it {where}", f"move {the} {where}", f"place {the} {where}", f"change the background, {where}")
    elif edit.kind == "add":
        new = _one(value, chance, edit.colour)
        phrases = (f"add {new}", f"put {new} next to {the}", f"add {new} to the picture", f"insert {new}")
    elif edit.kind == "remove":
        phrases = (f"remove {the}", f"take {the} away", f"delete {the}", f"erase {the}")
    elif edit.kind == "replace":
        new = _one(value, chance, edit.colour)
        phrases = (f"replace {the} with {new}", f"turn {the} into {new}", f"change {the} to {new}", f"{new} instead of {the}")
    else:
        look = phrase(chance, LOOK_BY_NAME[value].english)
        phrases = (f"turn it into {look}", f"make it {look}", f"as {look}", f"redraw it as {look}")
    return phrase(chance, phrases)
