"""German: captions of scenes and instructions for edits."""

from __future__ import annotations

from training.edits import Edit
from training.phrases import BACKDROPS, CAMERAS, FILLERS, LOOK_BY_NAME, PLACE_BY_NAME, POSITIONS, RELATIONS, SIZES, TIME_BY_NAME, WEATHER_BY_NAME
from training.scenes import Scene
from training.vocabulary import BY_NAME, COLOUR_BY_NAME
from training.wording import Chance, Facts, joined, phrase, pick

NUMBERS = ("zwei", "drei", "vier", "fünf")
INDECLINABLE = ("lila", "rosa")
# By case: the article "ein" and the ending of adjectives after it, by gender; and the article "der".
INDEFINITE = {
    "nominative": {"m": ("ein", "er"), "f": ("eine", "e"), "n": ("ein", "es")},
    "accusative": {"m": ("einen", "en"), "f": ("eine", "e"), "n": ("ein", "es")},
    "dative": {"m": ("einem", "en"), "f": ("einer", "en"), "n": ("einem", "en")},
}
THE = {"m": "den", "f": "die", "n": "das"}  # accusative, which is all that edits need
WEAK = {"Elefant": "Elefanten", "Hase": "Hasen", "Teddybär": "Teddybären"}  # beside the nominative
TIMES = {"day": "Tag", "sunrise": "Sonnenaufgang", "sunset": "Sonnenuntergang", "night": "Nacht"}
WEATHER = {
    "rain": ("Regen", "den Regen"), "snowfall": ("Schneefall", "den Schneefall"), "fog": ("Nebel", "den Nebel"), "rainbow": ("einen Regenbogen", "den Regenbogen"),
    "clouds": ("Wolken", "die Wolken"), "autumn": ("fallende Blätter", "die Blätter"), "spring": ("fallende Blüten", "die Blüten"),
}  # fmt: skip


def adjective(stem: str, ending: str) -> str:
    return stem if stem in INDECLINABLE else stem + ending


def weak(noun: str) -> str:
    """The noun in any case but the nominative."""
    return WEAK.get(noun, noun)


def _one(thing: str, case: str, *stems: str | None) -> str:
    noun = BY_NAME[thing]
    article, ending = INDEFINITE[case][noun.gender]
    name = noun.german if case == "nominative" else weak(noun.german)
    return joined(article, *(adjective(stem, ending) for stem in stems if stem), name)


def _the(thing: str) -> str:
    noun = BY_NAME[thing]
    return f"{THE[noun.gender]} {weak(noun.german)}"


def _colour(name: str | None) -> str | None:
    return COLOUR_BY_NAME[name].german if name else None


def _things(scene: Scene, facts: Facts, chance: Chance) -> str:
    colour = _colour(scene.colour)
    if scene.count > 1:
        return joined(NUMBERS[scene.count - 2], adjective(colour, "e") if colour else "", BY_NAME[scene.thing].german_plural)
    size = phrase(chance, SIZES[scene.size][1]) if scene.size and facts.size and not facts.camera else None
    first = _one(scene.thing, "nominative", size, colour)
    if scene.second is None:
        return first
    if scene.relation == "with small":
        return joined(first, "mit", _one(scene.second, "dative", "klein", _colour(scene.second_colour)))
    if scene.relation == "beside" and chance.random() < 0.5:
        return joined(first, "und", _one(scene.second, "nominative", _colour(scene.second_colour)))
    return joined(first, phrase(chance, RELATIONS[str(scene.relation)][1]), _one(scene.second, "dative", _colour(scene.second_colour)))


def _backdrop(scene: Scene, chance: Chance) -> str:
    if scene.backdrop is None:
        return ""
    if scene.backdrop == "gradient":
        return phrase(chance, BACKDROPS["gradient"][1])
    stem = COLOUR_BY_NAME[scene.backdrop].german
    return phrase(chance, BACKDROPS["colour"][1]).replace("{}em", adjective(stem, "em"))


def describe(scene: Scene, facts: Facts, chance: Chance) -> str:
    """A caption for the scene that mentions `facts`."""
    lead = joined(
        _things(scene, facts, chance),
        phrase(chance, PLACE_BY_NAME[scene.place].german) if facts.place else "",
        _backdrop(scene, chance),
        phrase(chance, POSITIONS[scene.position][1]) if scene.position else "",
        phrase(chance, WEATHER_BY_NAME[scene.weather].german) if scene.weather else "",
        phrase(chance, TIME_BY_NAME[scene.frame_time].german) if facts.time and scene.time else "",
    )
    tail = [
        phrase(chance, CAMERAS[scene.size][1]) if scene.size and facts.size and facts.camera else "",
        phrase(chance, LOOK_BY_NAME[scene.look].german) if facts.look else "",
        pick(chance, FILLERS["de"]) if facts.filler else "",
    ]
    return ", ".join((lead, *(part for part in tail if part)))


def instruct(edit: Edit, chance: Chance) -> str:
    """An instruction to make the edit."""
    value = edit.value
    the = _the(edit.thing) if edit.thing else ""
    forms: tuple[str, ...]
    if edit.kind == "time":
        forms = (f"mach es {TIMES[value]}", f"ändere die Tageszeit zu {TIMES[value]}", f"dieselbe Szene {pick(chance, TIME_BY_NAME[value].german)}")
    elif edit.kind == "colour":
        forms = (f"mach {the} {_colour(value)}", f"färbe {the} {_colour(value)}")
    elif edit.kind == "place":
        where = phrase(chance, PLACE_BY_NAME[value].german)
        forms = (f"ändere den Hintergrund, {where}", f"dasselbe {where}", f"zeige {the} {where}")
    elif edit.kind == "weather":
        forms = (f"füge {WEATHER[value][0]} hinzu", f"ergänze {WEATHER[value][0]}")
    elif edit.kind == "clear":
        forms = (f"entferne {WEATHER[value][1]}", f"nimm {WEATHER[value][1]} weg")
    elif edit.kind == "add":
        new = _one(value, "accusative", _colour(edit.colour))
        forms = (f"füge {new} hinzu", f"ergänze {new}")
    elif edit.kind == "remove":
        forms = (f"entferne {the}", f"lösche {the}", f"nimm {the} weg")
    elif edit.kind == "replace":
        new = _one(value, "accusative", _colour(edit.colour))
        forms = (f"ersetze {the} durch {new}", f"tausche {the} gegen {new} aus")
    elif edit.kind == "size":
        forms = (f"mach {the} {'größer' if value == 'big' else 'kleiner'}",)
    else:
        look = phrase(chance, LOOK_BY_NAME[value].german)
        forms = (f"als {look}", f"mach daraus {look}", f"zeichne es als {look}")
    return phrase(chance, forms)
