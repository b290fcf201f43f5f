"""The colours that the rows of each place have, at each time and in each weather, by which `mezzotint.engines.nano.seen` tells what a picture shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mezzotint.engines.nano.latents import TOKEN_PIXELS
from mezzotint.engines.nano.seen import FILE, HIGHEST, rows_of
from training.german import adjective
from training.more_places import BACKDROP_TONES
from training.phrases import BACKDROPS, OUTDOORS, PLACES, TIMED, TIMES, WEATHER_BY_NAME, WEATHERS, Phrase
from training.places import Frame
from training.scenes import ground
from training.vocabulary import COLOUR_BY_NAME

DRAWN = 6  # pictures of each
# What nano is told of the weathers that rows tell of: what falls is not told from clouds, and the others change little.
TOLD = {"fog": "fog", "clouds": "clouds", "rain": "clouds", "snowfall": "clouds"}

Said = tuple[tuple[str, str, str], tuple[str, str, str], tuple[str, str, str]]
"""Place, time and weather, each in English, German and Turkish."""
UNSAID = ("", "", "")


def usual_rows(place: str, time: str, sort: str | None) -> np.ndarray:
    """(64, 3) in 0..1, over some pictures. `sort` is the weather or the backdrop."""
    frame = Frame(HIGHEST.columns, HIGHEST.rows, TOKEN_PIXELS)
    pictures = (ground(place, time, seed, frame, sort).astype(np.float32) / 255 for seed in range(DRAWN))
    rows: np.ndarray = np.mean([rows_of(picture, np.zeros(picture.shape[:2], bool)) for picture in pictures], 0)
    return rows


def _usual(phrase: Phrase) -> tuple[str, str, str]:
    return phrase.english[0], phrase.german[0], phrase.turkish[0]


def _backdrop(name: str) -> tuple[str, str, str]:
    english, german, turkish = (forms[0] for forms in BACKDROPS["gradient" if name == "gradient" else "colour"])
    if name == "gradient":
        return english, german, turkish
    colour = COLOUR_BY_NAME[name]
    return english.format(name).replace(" a orange", " an orange"), german.replace("{}em", adjective(colour.german, "em")), turkish.format(colour.turkish)


def places() -> Iterator[tuple[str, str, str | None, Said]]:
    """Each with its time, its weather or backdrop, and what is said of it."""
    for place in PLACES:
        for time in TIMES if place.name in TIMED else TIMES[:1]:
            when = _usual(time) if place.name in TIMED else UNSAID
            yield place.name, time.name, None, (_usual(place), when, UNSAID)
            for weather in WEATHERS if place.name in OUTDOORS else ():
                told = _usual(WEATHER_BY_NAME[TOLD[weather.name]]) if weather.name in TOLD else UNSAID
                yield place.name, time.name, weather.name, (_usual(place), when, told)
    for name in (*BACKDROP_TONES, "gradient"):
        yield "plain", "day", name, (_backdrop(name), UNSAID, UNSAID)


def write(folder: Path) -> None:
    """seen.npz beside the weights."""
    rows, said = zip(*((usual_rows(place, time, sort), said) for place, time, sort, said in places()), strict=True)
    np.savez_compressed(folder / FILE, rows=(np.clip(rows, 0, 1) * 255 + 0.5).astype(np.uint8), said=np.array(said))
