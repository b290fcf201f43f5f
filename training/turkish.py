"""Turkish: captions of scenes and instructions for edits, with the endings they need."""

from __future__ import annotations

from training.edits import Edit
from training.phrases import BACKDROPS, CAMERAS, FILLERS, LOOK_BY_NAME, PLACE_BY_NAME, POSITIONS, RELATIONS, SIZES, TIME_BY_NAME, WEATHER_BY_NAME
from training.scenes import Scene
from training.vocabulary import BY_NAME, COLOUR_BY_NAME
from training.wording import Chance, Facts, joined, phrase, pick

NUMBERS = ("iki", "üç", "dört", "beş")
VOWELS = "aıoueiöü"
HARMONY = {"a": "ı", "ı": "ı", "o": "u", "u": "u", "e": "i", "i": "i", "ö": "ü", "ü": "ü"}
COMPOUNDS = ("ağacı", "feneri", "fincanı")  # already possessive: their endings begin with n
TIMES = {"day": "gündüz", "sunrise": "gün doğumu", "sunset": "gün batımı", "night": "gece"}
WEATHER = {
    "rain": ("yağmur ekle", "yağmuru"), "snowfall": ("kar yağdır", "karı"), "fog": ("sis ekle", "sisi"), "rainbow": ("gökkuşağı ekle", "gökkuşağını"),
    "clouds": ("bulut ekle", "bulutları"), "autumn": ("sonbahar yap", "yaprakları"), "spring": ("ilkbahar yap", "çiçekleri"),
}  # fmt: skip


def _ending_vowel(word: str) -> str:
    return HARMONY[next(letter for letter in reversed(word) if letter in VOWELS)]


def _softened(word: str) -> str:
    """The stem before a vowel: köpek becomes köpeğ, ağaç becomes ağac; short words stay."""
    if sum(letter in VOWELS for letter in word.rsplit(maxsplit=1)[-1]) < 2:
        return word
    return word[:-1] + {"k": "ğ", "ç": "c"}.get(word[-1], word[-1])


def genitive(word: str) -> str:
    """Of the thing: kedinin, köpeğin."""
    vowel = _ending_vowel(word)
    return f"{word}n{vowel}n" if word[-1] in VOWELS else f"{_softened(word)}{vowel}n"


def accusative(word: str) -> str:
    """The thing as what something is done to: kediyi, köpeği."""
    vowel = _ending_vowel(word)
    if word[-1] in VOWELS:
        return f"{word}{'n' if word.endswith(COMPOUNDS) else 'y'}{vowel}"
    return f"{_softened(word)}{vowel}"


def _colour(name: str | None) -> str:
    return COLOUR_BY_NAME[name].turkish if name else ""


def _one(thing: str, chance: Chance, *words: str) -> str:
    return joined(*words, "bir" if chance.random() < 0.85 else "", BY_NAME[thing].turkish)


def _things(scene: Scene, facts: Facts, chance: Chance) -> str:
    if scene.count > 1:
        return joined(NUMBERS[scene.count - 2], _colour(scene.colour), BY_NAME[scene.thing].turkish)
    size = phrase(chance, SIZES[scene.size][2]) if scene.size and facts.size and not facts.camera else ""
    first = _one(scene.thing, chance, size, _colour(scene.colour))
    if scene.second is None:
        return first
    if scene.relation == "with small":
        return f"{first} ve {joined('küçük', _colour(scene.second_colour), 'bir', BY_NAME[scene.second].turkish)}"
    if scene.relation == "beside" and chance.random() < 0.5:
        return f"{first} ve {_one(scene.second, chance, _colour(scene.second_colour))}"
    other = joined(_colour(scene.second_colour), genitive(BY_NAME[scene.second].turkish))
    return joined(other, phrase(chance, RELATIONS[str(scene.relation)][2]), first)


def _backdrop(scene: Scene, chance: Chance) -> str:
    if scene.backdrop is None:
        return ""
    if scene.backdrop == "gradient":
        return phrase(chance, BACKDROPS["gradient"][2])
    return phrase(chance, BACKDROPS["colour"][2]).format(_colour(scene.backdrop))


def describe(scene: Scene, facts: Facts, chance: Chance) -> str:
    """A caption for the scene that mentions `facts`."""
    noun = _things(scene, facts, chance)
    place = phrase(chance, PLACE_BY_NAME[scene.place].turkish) if facts.place else _backdrop(scene, chance)
    time = phrase(chance, TIME_BY_NAME[scene.frame_time].turkish) if facts.time and scene.time else ""
    weather = phrase(chance, WEATHER_BY_NAME[scene.weather].turkish) if scene.weather else ""
    position = phrase(chance, POSITIONS[scene.position][2]) if scene.position else ""
    orders = ((place, weather, position, noun, time), (time, weather, place, position, noun), (position, place, weather, noun, time))
    tail = [
        phrase(chance, CAMERAS[scene.size][2]) if scene.size and facts.size and facts.camera else "",
        phrase(chance, LOOK_BY_NAME[scene.look].turkish) if facts.look else "",
        pick(chance, FILLERS["tr"]) if facts.filler else "",
    ]
    return ", ".join((joined(*pick(chance, orders)), *(part for part in tail if part)))


def instruct(edit: Edit, chance: Chance) -> str:
    """An instruction to make the edit."""
    value = edit.value
    the = accusative(BY_NAME[edit.thing].turkish) if edit.thing else ""
    forms: tuple[str, ...]
    if edit.kind == "time":
        forms = (f"{TIMES[value]} yap", f"{TIMES[value]} olsun", f"aynı sahne {pick(chance, TIME_BY_NAME[value].turkish)}")
    elif edit.kind == "colour":
        forms = (f"{the} {_colour(value)} yap", f"{the} {_colour(value)} renge boya")
    elif edit.kind == "place":
        where = phrase(chance, PLACE_BY_NAME[value].turkish)
        forms = (f"arka planı değiştir, {where}", f"{where} olsun", f"{the} {where} göster")
    elif edit.kind == "weather":
        forms = (WEATHER[value][0],)
    elif edit.kind == "clear":
        forms = (f"{WEATHER[value][1]} kaldır", f"{WEATHER[value][1]} sil")
    elif edit.kind == "add":
        forms = (
            joined(_colour(edit.colour), "bir", BY_NAME[value].turkish, "ekle"),
            joined("resme", _colour(edit.colour), "bir", BY_NAME[value].turkish, "koy"),
        )
    elif edit.kind == "remove":
        forms = (f"{the} kaldır", f"{the} sil", f"{the} çıkar")
    elif edit.kind == "replace":
        forms = (joined(BY_NAME[edit.thing].turkish, "yerine", _colour(edit.colour), BY_NAME[value].turkish, "koy"),)
    elif edit.kind == "size":
        forms = (f"{the} {'büyüt' if value == 'big' else 'küçült'}",)
    else:
        forms = (f"{phrase(chance, LOOK_BY_NAME[value].turkish)} yap", f"{phrase(chance, LOOK_BY_NAME[value].turkish)} olarak çiz")
    return phrase(chance, forms)
