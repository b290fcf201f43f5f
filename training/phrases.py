"""What one says of a scene beside the things in it: places, times, weather, looks, sizes, sides, relations, in three languages.

The first phrase of each is the plainest. Captions (`captions.py`) choose among them; evaluation and the runtime's hints read them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrase:
    """A fact about a scene, as it is said: its phrases per language, the first the plainest."""

    name: str
    english: tuple[str, ...]
    german: tuple[str, ...]
    turkish: tuple[str, ...]
    since: int = 1  # the version of nano that learnt it first


PLACES = (
    Phrase("water", ("on calm water", "on the water", "on a lake", "on the sea", "floating on calm water", "in the ocean"),
           ("auf ruhigem Wasser", "auf dem Wasser", "auf einem See", "auf dem Meer"),
           ("durgun suda", "suyun üzerinde", "gölde", "denizde")),
    Phrase("field", ("in a green field", "in a meadow", "on the grass", "in a park", "on a hill", "in a garden"),
           ("auf einer grünen Wiese", "auf einer Wiese", "auf dem Feld", "im Park", "im Garten"),
           ("yeşil bir çayırda", "çimlerin üzerinde", "tarlada", "parkta", "bahçede")),
    Phrase("beach", ("on the beach", "on a sandy beach", "by the sea", "at the seaside"),
           ("am Strand", "auf einem Sandstrand", "am Meer"),
           ("sahilde", "kumsalda", "deniz kenarında")),
    Phrase("desert", ("in the desert", "in a sandy desert", "among sand dunes"),
           ("in der Wüste", "zwischen Sanddünen"),
           ("çölde", "kum tepelerinin arasında")),
    Phrase("snow", ("in the snow", "in a snowy field", "in a snowy landscape", "in winter"),
           ("im Schnee", "auf einem verschneiten Feld", "im Winter"),
           ("karda", "karlı bir tarlada", "kışın")),
    Phrase("forest", ("in a forest", "in the woods", "among trees"),
           ("im Wald", "zwischen Bäumen"),
           ("ormanda", "ağaçların arasında")),
    Phrase("city", ("in a city", "on a city street", "in front of a skyline", "in town"),
           ("in der Stadt", "auf einer Straße in der Stadt"),
           ("şehirde", "bir şehir sokağında")),
    Phrase("mountains", ("in the mountains", "in front of mountains", "in front of snowy peaks"),
           ("in den Bergen", "vor den Bergen"),
           ("dağlarda", "dağların önünde")),
    Phrase("table", ("on a table", "on a wooden table", "on a kitchen table"),
           ("auf einem Tisch", "auf einem Holztisch"),
           ("masada", "ahşap bir masanın üzerinde")),
    Phrase("room", ("in a room", "in a living room", "indoors", "on the floor of a room"),
           ("in einem Zimmer", "im Wohnzimmer", "drinnen"),
           ("bir odada", "oturma odasında", "evin içinde"), since=2),
    Phrase("space", ("in space", "in outer space", "among the stars"),
           ("im Weltall", "im All", "zwischen den Sternen"),
           ("uzayda", "yıldızların arasında")),
    Phrase("sky", ("in the sky", "above the clouds", "high in the air", "among the clouds"),
           ("am Himmel", "über den Wolken", "hoch in der Luft"),
           ("gökyüzünde", "bulutların üzerinde", "havada"), since=2),
    Phrase("underwater", ("underwater", "under the sea", "at the bottom of the sea", "deep in the ocean"),
           ("unter Wasser", "auf dem Meeresgrund"),
           ("su altında", "deniz dibinde"), since=2),
    Phrase("plain", ("on a plain background", "on a white background", "in a studio", "isolated on a light background"),
           ("vor einem schlichten Hintergrund", "vor weißem Hintergrund"),
           ("düz bir arka planda", "beyaz arka planda")),
)  # fmt: skip
PLACE_BY_NAME = {place.name: place for place in PLACES}
OUTDOORS = tuple(place.name for place in PLACES if place.name not in ("table", "room", "space", "underwater", "plain"))
TIMED = (*OUTDOORS, "table", "room")  # where it shows what time it is

TIMES = (
    Phrase("day", ("by day", "on a sunny day", "in bright daylight", "under a blue sky", "at noon"),
           ("am Tag", "an einem sonnigen Tag", "bei Tageslicht", "unter blauem Himmel"),
           ("gündüz", "güneşli bir günde", "mavi gökyüzünün altında")),
    Phrase("sunrise", ("at sunrise", "at dawn", "in the early morning"),
           ("bei Sonnenaufgang", "im Morgengrauen"),
           ("gün doğumunda", "şafakta")),
    Phrase("sunset", ("at sunset", "at dusk", "in the evening light"),
           ("bei Sonnenuntergang", "in der Abenddämmerung"),
           ("gün batımında", "akşamüstü")),
    Phrase("night", ("at night", "under the stars", "in the moonlight", "under a starry sky"),
           ("bei Nacht", "in der Nacht", "unter den Sternen", "im Mondlicht"),
           ("gece", "yıldızların altında", "ay ışığında")),
)  # fmt: skip
TIME_BY_NAME = {time.name: time for time in TIMES}

WEATHERS = (
    Phrase("rain", ("in the rain", "on a rainy day", "in heavy rain"), ("im Regen", "bei Regen"), ("yağmurda", "yağmurlu bir günde"), since=2),
    Phrase("snowfall", ("in falling snow", "while it snows", "in a snowstorm"), ("bei Schneefall", "während es schneit"), ("kar yağarken", "kar yağışında"), since=2),
    Phrase("fog", ("in the fog", "in the mist", "on a foggy day"), ("im Nebel", "bei Nebel"), ("siste", "sisli bir günde"), since=2),
    Phrase("rainbow", ("under a rainbow", "with a rainbow", "in front of a rainbow"), ("unter einem Regenbogen", "mit Regenbogen"), ("gökkuşağının altında", "gökkuşağı ile"), since=2),
    Phrase("clouds", ("under a cloudy sky", "on a cloudy day", "under grey clouds"), ("unter Wolken", "bei bewölktem Himmel"), ("bulutlu bir günde", "bulutların altında"), since=2),
    Phrase("autumn", ("in autumn", "in fall", "among falling leaves"), ("im Herbst", "zwischen fallenden Blättern"), ("sonbaharda", "dökülen yaprakların arasında"), since=2),
    Phrase("spring", ("in spring", "among falling blossoms"), ("im Frühling", "zwischen Blüten"), ("ilkbaharda", "çiçek yaprakları arasında"), since=2),
)  # fmt: skip
WEATHER_BY_NAME = {weather.name: weather for weather in WEATHERS}

LOOKS = (
    Phrase("3d", ("3d render", "3d illustration", "3d style"), ("3D-Rendering", "3D-Stil"), ("3d görsel", "3d çizim")),
    Phrase("flat", ("flat illustration", "flat design", "flat style", "vector art"), ("flache Illustration", "Vektorgrafik"), ("düz illüstrasyon", "vektör çizim"), since=2),
    Phrase("cartoon", ("cartoon", "cartoon style", "comic style"), ("Cartoon", "Comicstil"), ("çizgi film tarzı", "karikatür"), since=2),
    Phrase("line drawing", ("line drawing", "pencil sketch", "black and white drawing", "ink drawing"), ("Strichzeichnung", "Bleistiftzeichnung"), ("çizgi çizim", "karakalem çizim"), since=2),
    Phrase("watercolour", ("watercolour painting", "watercolor painting", "watercolour", "watercolor"), ("Aquarell", "Aquarellbild"), ("sulu boya resim", "sulu boya"), since=2),
    Phrase("pixel art", ("pixel art", "8-bit pixel art", "pixel graphics"), ("Pixelkunst", "Pixelgrafik"), ("piksel sanatı", "piksel çizim"), since=2),
    Phrase("night photo", ("night photo", "night photograph", "photo with city lights"), ("Nachtaufnahme", "Nachtfoto"), ("gece fotoğrafı", "gece çekimi"), since=2),
)  # fmt: skip
LOOK_BY_NAME = {look.name: look for look in LOOKS}

SIZES = {
    "small": (("small", "tiny", "little"), ("klein", "winzig"), ("küçük", "minik")),
    "big": (("big", "large", "huge"), ("groß", "riesig"), ("büyük", "kocaman")),
}
# The camera does to a thing what its size does: near is big, far is small.
CAMERAS = {
    "small": (("seen from afar", "in the distance", "far away"), ("aus der Ferne", "in der Ferne"), ("uzaktan", "uzakta")),
    "big": (("close-up", "seen up close", "in close-up"), ("Nahaufnahme", "aus der Nähe"), ("yakın çekim", "yakından")),
}
# What asks for such a look as well, though it was not taught: the runtime makes these looks of the finished picture.
LOOKS_BESIDES = {
    "line drawing": Phrase(
        "line drawing", ("sketch", "line art", "pencil drawing", "pen drawing", "drawn in ink"), ("Skizze", "Tuschezeichnung"), ("eskiz", "kara kalem")
    ),
    "watercolour": Phrase("watercolour", ("watercolours", "watercolors", "aquarelle"), ("Aquarellmalerei", "Wasserfarben"), ("suluboya",)),
    "pixel art": Phrase("pixel art", ("pixelated", "8-bit", "8 bit"), ("verpixelt", "Pixel-Art"), ("pikselli",)),
}
# What people say of places and times as well; what is meant is what was taught.
PLACES_BESIDES = {
    "water": Phrase(
        "water",
        ("on water", "in the water", "on the lake", "in a lake", "in the lake", "in the sea", "at sea", "on the ocean", "on a river", "on the river"),
        ("im Wasser", "auf dem See", "im Meer", "im See", "auf dem Fluss", "auf einem Fluss"),
        ("suda", "denizin üzerinde", "gölün üzerinde", "nehirde"),
    ),
    "field": Phrase(
        "field",
        (
            "in a field",
            "in the field",
            "in the meadow",
            "in the grass",
            "on grass",
            "in the park",
            "in the garden",
            "on the hill",
            "on a meadow",
            "on the meadow",
            "on a lawn",
        ),
        ("auf der Wiese", "auf einem Feld", "im Gras", "in einem Park", "in einem Garten", "auf dem Rasen"),
        ("çayırda", "çimenlerin üzerinde", "çimende", "bir parkta", "bir bahçede", "kırda"),
    ),
    "beach": Phrase(
        "beach", ("on a beach", "at the beach", "on the sand", "on the shore"), ("an einem Strand", "auf dem Sand"), ("plajda", "bir plajda", "bir sahilde")
    ),
    "desert": Phrase("desert", ("in a desert",), ("in einer Wüste",), ("bir çölde",)),
    "snow": Phrase("snow", ("in snow", "on the snow", "on snow"), ("auf dem Schnee",), ("karın üzerinde", "karlar içinde")),
    "forest": Phrase("forest", ("in the forest", "in a wood", "in the wood", "in woods"), ("in einem Wald",), ("bir ormanda",)),
    "city": Phrase(
        "city",
        ("in the city", "in a town", "in the street", "on the street", "on a street", "on the road", "on a road", "downtown"),
        ("in einer Stadt", "auf der Straße", "auf einer Straße"),
        ("bir şehirde", "sokakta", "caddede", "yolda"),
    ),
    "mountains": Phrase("mountains", ("in mountains", "before the mountains"), ("vor Bergen",), ("dağların arasında",)),
    "table": Phrase(
        "table", ("on the table", "on the kitchen table"), ("auf dem Tisch", "auf dem Holztisch"), ("masanın üzerinde", "bir masanın üzerinde", "bir masada")
    ),
    "room": Phrase("room", ("in the room", "in the living room"), ("im Zimmer", "in einem Wohnzimmer"), ("odada", "salonda")),
    "space": Phrase("space", ("in deep space",), ("im Weltraum",), ("uzay boşluğunda",)),
    "sky": Phrase("sky", ("in a blue sky", "in the air", "in the clouds"), ("in der Luft", "in den Wolken"), ("gökte", "bulutların arasında")),
    "underwater": Phrase("underwater", ("under water", "under the water"), ("unter dem Wasser",), ("suyun altında",)),
}
TIMES_BESIDES = {
    "day": Phrase(
        "day",
        ("during the day", "in the daytime", "in daylight", "at midday"),
        ("tagsüber", "bei Tag", "am Mittag", "mittags"),
        ("gün ortasında", "öğlen", "gündüz vakti"),
    ),
    "sunrise": Phrase("sunrise", ("during sunrise", "in the morning", "at daybreak"), ("am Morgen", "morgens"), ("sabah", "sabahleyin", "gün doğarken")),
    "sunset": Phrase("sunset", ("during sunset", "in the evening", "at nightfall"), ("am Abend", "abends"), ("akşam", "akşamleyin", "gün batarken")),
    "night": Phrase(
        "night", ("by night", "during the night", "at midnight", "in the night"), ("nachts", "um Mitternacht"), ("geceleyin", "gece vakti", "gece yarısı")
    ),
}
# The same of what falls, which the runtime draws over the finished picture; of edits above all.
WEATHERS_BESIDES = {
    "snowfall": Phrase(
        "snowfall",
        ("falling snow", "snowfall", "heavy snowfall", "falling snowflakes", "snowflakes", "make it snow", "let it snow", "it snows", "it is snowing", "snowing",
         "in a blizzard", "blizzard"),
        ("Schneefall", "fallender Schnee", "Schneeflocken", "Schneesturm", "Schneegestöber", "es schneit", "lass es schneien", "schneien"),
        ("kar yağdır", "kar yağsın", "kar yağıyor", "kar ekle", "kar taneleri", "kar fırtınası"),
    ),
    "autumn": Phrase(
        "autumn",
        ("autumn", "autumnal", "falling leaves", "autumn leaves", "falling autumn leaves", "fall leaves", "make it fall", "fall season"),
        ("Herbst", "fallende Blätter", "fallendes Laub", "Herbstblätter", "Herbstlaub", "lass Blätter fallen"),
        ("sonbahar", "dökülen yapraklar", "sonbahar yaprakları", "yaprak dökümü", "yaprak ekle"),
    ),
    "spring": Phrase(
        "spring",
        ("make it spring", "turn it into spring", "change it to spring", "springtime", "spring season", "falling blossoms", "falling cherry blossoms",
         "falling petals", "falling flower petals"),
        ("Frühling", "Frühjahr", "fallende Blüten", "fallende Blütenblätter", "lass Blüten fallen"),
        ("ilkbahar", "bahar", "dökülen çiçekler", "düşen çiçek yaprakları"),
    ),
}  # fmt: skip
# Words that take something away: where one is said, nothing is drawn.
CLEARING = (
    "remove", "take away", "take the", "without", "no", "delete", "erase", "stop", "entferne", "entfernen", "lösche", "nimm", "ohne", "kein", "keine", "keinen",
    "kaldır", "sil", "olmadan", "olmasın",
)  # fmt: skip
# What asks for one thing more in a picture; what the `puts` order may be there already, and moved.
ADDING = {
    "verbs": ("add", "insert", "include", "füge", "füg", "ergänze", "ergänz", "ekle", "ekleyin", "eklensin"),
    "puts": ("put", "place", "setze", "setz", "stelle", "stell", "lege", "leg", "platziere", "koy", "koyun", "yerleştir"),
    "words": (
        "please", "also", "too", "there", "here", "another", "one", "more", "new", "single", "bitte", "noch", "auch", "dort", "hinzu", "dazu", "daneben", "lütfen", "de", "da",
        "yeni", "buraya", "oraya",
    ),
    "it": ("it", "him", "her", "them", "ihm", "ihr", "ihnen"),
    "of it": ("onun", "onların"),
    "pictures": (
        *(f"{to} {the}{picture}" for to in ("to", "in", "into") for the in ("the ", "this ") for picture in ("picture", "image", "photo", "scene")), "to it",
        *(f"{to} {picture}" for to in ("dem", "zum", "im", "ins", "in das", "in dem", "zu dem") for picture in ("Bild", "Foto")),
        *(f"{to} Szene" for to in ("der", "in der", "in die", "zur")), "resme", "resmin içine", "görsele", "fotoğrafa", "sahneye",
    ),
    "beside": {"en": ("next to", "beside", "near", "alongside"), "de": ("neben", "nahe"), "tr": ("yanına", "yanında", "yakınına")},
    "sides": {
        "left": ("left of", "to the left of", "on the left of", "to the left side of", "to the left", "left", "links von", "links neben", "soluna", "sola", "sol tarafa", "sol tarafına"),
        "right": ("right of", "to the right of", "on the right of", "to the right side of", "to the right", "right", "rechts von", "rechts neben", "sağına", "sağa", "sağ tarafa", "sağ tarafına"),
    },
    "air": ("to the sky", "into the sky", "in the air", "into the air", "an den Himmel", "in den Himmel", "in der Luft", "in die Luft", "gökyüzüne", "göğe", "havaya"),
}  # fmt: skip
# What asks for one thing to be large, taught or not: the runtime paints it as large as others, and shows the part around it.
CLOSER = {
    "adjectives": ("big", "large", "huge", "giant", "gigantic", "enormous", "massive", "büyük", "kocaman", "dev", "devasa"),
    "stems": ("groß", "gross", "riesig", "gigantisch", "gewaltig"),
    "phrases": (
        "close-up", "close up", "closeup", "in close-up", "in close up", "up close", "seen up close", "seen from up close", "from up close", "extreme close-up",
        "macro shot", "zoomed in", "Nahaufnahme", "Großaufnahme", "Makroaufnahme", "aus der Nähe", "aus nächster Nähe", "von nahem",
        "yakın çekim", "yakın çekimi", "yakın plan", "yakından",
    ),
    "several": ("two", "three", "four", "five", "2", "3", "4", "5", "several", "many", "some", "zwei", "drei", "vier", "fünf", "mehrere", "viele", "iki", "üç", "dört", "beş", "birkaç", "birçok"),
}  # fmt: skip
POSITIONS = {
    "left": (("on the left", "on the left side"), ("links", "auf der linken Seite"), ("solda", "sol tarafta")),
    "right": (("on the right", "on the right side"), ("rechts", "auf der rechten Seite"), ("sağda", "sağ tarafta")),
}
# thing RELATION second; German takes the dative after each, Turkish the genitive before it.
RELATIONS = {
    "beside": (("next to", "beside", "and", "with"), ("neben",), ("yanında",)),
    "left of": (("left of", "to the left of"), ("links von", "links neben"), ("solunda",)),
    "right of": (("right of", "to the right of"), ("rechts von", "rechts neben"), ("sağında",)),
    "on": (("on", "on top of", "standing on"), ("auf", "oben auf"), ("üstünde", "üzerinde")),
    "under": (("under", "below", "beneath"), ("unter",), ("altında",)),
    "above": (("above", "over"), ("über",), ("üstünde uçan", "üzerinde uçan")),
    "behind": (("behind",), ("hinter",), ("arkasında",)),
    "in front of": (("in front of",), ("vor",), ("önünde",)),
    "with small": (("with a small", "and a small"), ("mit",), ("yanında küçük",)),
}
# What tells of two things as well, though it was not taught: the runtime paints each by itself, and puts them together.
RELATIONS_BESIDES = {
    "on": (("riding", "riding on", "sitting on", "on the back of", "lying on"), ("sitzt auf", "reitet auf", "steht auf"), ("üstüne", "sırtında")),
    "under": (("underneath",), ("unterhalb von",), ()),
    "above": (("flying over", "flying above", "hovering above"), ("oberhalb von",), ()),
    "left of": (("on the left of", "to the left side of"), (), ("sol tarafında",)),
    "right of": (("on the right of", "to the right side of"), (), ("sağ tarafında",)),
    "beside": (("near", "alongside", "together with"), ("und", "mit", "bei", "nahe"), ("yakınında", "ve", "ile")),
}
# Words between a thing and its relation, or its relation and it.
VERBS = (
    "is", "are", "that is", "which is", "sits", "stands", "lies", "rests", "sitting", "standing", "lying", "resting", "sleeping", "flying", "floating", "swimming",
    "ist", "das", "die", "der", "sitzt", "steht", "liegt", "fliegt", "schwebt", "duran", "oturan", "yatan", "olan",
)  # fmt: skip
# What nano paints better a token higher than what stands, before plain grounds: measured by their likeness to what they are.
LIFTED = ("butterfly", "moon", "helicopter", "rocket", "kite")
# What comes out as well in the evening and at night as before plain grounds, by the same measure.
AS_WELL = ("butterfly", "airplane", "rocket", "helicopter", "balloon", "kite", "paper boat", "cup of coffee")
BACKDROPS = {
    "gradient": (("on a gradient background", "on a colourful gradient"), ("vor einem Farbverlauf",), ("renk geçişli arka planda",)),
    "colour": (("on a {} background", "in front of a {} wall"), ("vor {}em Hintergrund",), ("{} arka planda",)),
}
# Words that many prompts have and that change nothing here: they are learnt so as not to lead astray.
FILLERS = {
    "en": ("cute", "beautiful", "detailed", "high quality", "soft light", "colourful", "4k", "masterpiece", "minimal", "cinematic"),
    "de": ("niedlich", "wunderschön", "detailliert", "hohe Qualität", "weiches Licht", "farbenfroh"),
    "tr": ("sevimli", "çok güzel", "detaylı", "yüksek kalite", "yumuşak ışık", "renkli"),
}

# What one writes who asks for nothing in particular, and the scenes that answer it: some of the best, and not all at once.
GENERIC = {
    "en": ("hello", "hi", "a beautiful picture", "a picture", "an image", "something nice", "a fantastic picture", "a beautiful image", "surprise me", "test"),
    "de": ("hallo", "ein fantastisches bild", "ein schönes bild", "ein bild", "etwas schönes", "überrasche mich"),
    "tr": ("merhaba", "güzel bir resim", "bir resim", "harika bir görsel", "güzel bir görsel"),
}  # fmt: skip
# With how often each is taught, of those: the first picture that anybody asks for is the paper boat.
SHOWN_OFF = {
    ("paper boat", "water"): 0.34, ("lighthouse", "beach"): 0.11, ("lighthouse", "water"): 0.11, ("sailboat", "water"): 0.11,
    ("castle", "mountains"): 0.11, ("castle", "field"): 0.11, ("castle", "snow"): 0.11,
}  # fmt: skip

# What the runtime paints where a prompt asks for nothing in particular.
IDEAS = (
    "A paper boat floating on calm water at sunrise", "A lighthouse by the sea at sunset", "A sailboat on the water at dawn",
    "A castle in the snow at night", "A castle in a green field", "A lighthouse on the beach",
)  # fmt: skip
