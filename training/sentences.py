"""The same twelve scenes in each of the sixteen languages that the text encoder reads, as one would ask for them."""

from __future__ import annotations

from training.scenes import Scene


def _scene(thing: str, place: str, time: str | None = None, colour: str | None = None) -> Scene:
    return Scene(thing, place, time, colour, 1, None, None, 8, 8, 0)


SCENES = (
    _scene("cat", "beach"),
    _scene("car", "city", "night", "red"),
    _scene("sailboat", "water", "sunset"),
    _scene("house", "snow"),
    _scene("tree", "field", "day"),
    _scene("horse", "desert"),
    _scene("rocket", "space"),
    _scene("apple", "table"),
    _scene("penguin", "snow", "night"),
    _scene("elephant", "forest"),
    _scene("butterfly", "field", colour="blue"),
    _scene("bicycle", "city", "sunrise"),
)
# Each of them in its turn, as one would say it.
SENTENCES: dict[str, tuple[str, ...]] = {
    "English": (
        "a cat on the beach", "a red car in the city at night", "a sailboat on the water at sunset", "a house in the snow",
        "a tree in a meadow by day", "a horse in the desert", "a rocket in space", "an apple on a table",
        "a penguin in the snow at night", "an elephant in the forest", "a blue butterfly in a meadow", "a bicycle in the city at sunrise",
    ),
    "German": (
        "eine Katze am Strand", "ein rotes Auto in der Stadt bei Nacht", "ein Segelboot auf dem Wasser bei Sonnenuntergang", "ein Haus im Schnee",
        "ein Baum auf einer Wiese am Tag", "ein Pferd in der Wüste", "eine Rakete im Weltall", "ein Apfel auf einem Tisch",
        "ein Pinguin im Schnee bei Nacht", "ein Elefant im Wald", "ein blauer Schmetterling auf einer Wiese", "ein Fahrrad in der Stadt bei Sonnenaufgang",
    ),
    "Turkish": (
        "sahilde bir kedi", "gece şehirde kırmızı bir araba", "gün batımında suda bir yelkenli", "karda bir ev",
        "gündüz çayırda bir ağaç", "çölde bir at", "uzayda bir roket", "masada bir elma",
        "gece karda bir penguen", "ormanda bir fil", "çayırda mavi bir kelebek", "gün doğumunda şehirde bir bisiklet",
    ),
    "Arabic": (
        "قطة على الشاطئ", "سيارة حمراء في المدينة ليلاً", "قارب شراعي على الماء عند غروب الشمس", "بيت في الثلج",
        "شجرة في مرج نهاراً", "حصان في الصحراء", "صاروخ في الفضاء", "تفاحة على طاولة",
        "بطريق في الثلج ليلاً", "فيل في الغابة", "فراشة زرقاء في مرج", "دراجة في المدينة عند شروق الشمس",
    ),
    "Chinese, simplified": (
        "沙滩上的一只猫", "夜晚城市里的一辆红色汽车", "日落时水面上的一艘帆船", "雪地里的一座房子",
        "白天草地上的一棵树", "沙漠里的一匹马", "太空中的一枚火箭", "桌子上的一个苹果",
        "夜晚雪地里的一只企鹅", "森林里的一头大象", "草地上的一只蓝色蝴蝶", "日出时城市里的一辆自行车",
    ),
    "Chinese, traditional": (
        "沙灘上的一隻貓", "夜晚城市裡的一輛紅色汽車", "日落時水面上的一艘帆船", "雪地裡的一座房子",
        "白天草地上的一棵樹", "沙漠裡的一匹馬", "太空中的一枚火箭", "桌子上的一個蘋果",
        "夜晚雪地裡的一隻企鵝", "森林裡的一頭大象", "草地上的一隻藍色蝴蝶", "日出時城市裡的一輛腳踏車",
    ),
    "Dutch": (
        "een kat op het strand", "een rode auto in de stad bij nacht", "een zeilboot op het water bij zonsondergang", "een huis in de sneeuw",
        "een boom in een weide overdag", "een paard in de woestijn", "een raket in de ruimte", "een appel op een tafel",
        "een pinguïn in de sneeuw bij nacht", "een olifant in het bos", "een blauwe vlinder in een weide", "een fiets in de stad bij zonsopgang",
    ),
    "French": (
        "un chat sur la plage", "une voiture rouge dans la ville la nuit", "un voilier sur l'eau au coucher du soleil", "une maison dans la neige",
        "un arbre dans une prairie en plein jour", "un cheval dans le désert", "une fusée dans l'espace", "une pomme sur une table",
        "un pingouin dans la neige la nuit", "un éléphant dans la forêt", "un papillon bleu dans une prairie", "un vélo dans la ville au lever du soleil",
    ),
    "Italian": (
        "un gatto sulla spiaggia", "un'auto rossa in città di notte", "una barca a vela sull'acqua al tramonto", "una casa nella neve",
        "un albero in un prato di giorno", "un cavallo nel deserto", "un razzo nello spazio", "una mela su un tavolo",
        "un pinguino nella neve di notte", "un elefante nella foresta", "una farfalla blu in un prato", "una bicicletta in città all'alba",
    ),
    "Japanese": (
        "砂浜の猫", "夜の街の赤い車", "夕日の水面に浮かぶ帆船", "雪の中の家",
        "昼間の草原の木", "砂漠の馬", "宇宙のロケット", "テーブルの上のりんご",
        "夜の雪の中のペンギン", "森の中の象", "草原の青い蝶", "日の出の街の自転車",
    ),
    "Korean": (
        "해변의 고양이", "밤 도시의 빨간 자동차", "해질녘 물 위의 돛단배", "눈 속의 집",
        "낮의 초원에 있는 나무", "사막의 말", "우주의 로켓", "테이블 위의 사과",
        "밤의 눈 속에 있는 펭귄", "숲속의 코끼리", "초원의 파란 나비", "해돋이 때 도시의 자전거",
    ),
    "Polish": (
        "kot na plaży", "czerwony samochód w mieście nocą", "żaglówka na wodzie o zachodzie słońca", "dom w śniegu",
        "drzewo na łące w dzień", "koń na pustyni", "rakieta w kosmosie", "jabłko na stole",
        "pingwin w śniegu nocą", "słoń w lesie", "niebieski motyl na łące", "rower w mieście o wschodzie słońca",
    ),
    "Portuguese": (
        "um gato na praia", "um carro vermelho na cidade à noite", "um veleiro na água ao pôr do sol", "uma casa na neve",
        "uma árvore em um campo de dia", "um cavalo no deserto", "um foguete no espaço", "uma maçã sobre uma mesa",
        "um pinguim na neve à noite", "um elefante na floresta", "uma borboleta azul em um campo", "uma bicicleta na cidade ao nascer do sol",
    ),
    "Russian": (
        "кошка на пляже", "красная машина в городе ночью", "парусник на воде на закате", "дом в снегу",
        "дерево на лугу днём", "лошадь в пустыне", "ракета в космосе", "яблоко на столе",
        "пингвин в снегу ночью", "слон в лесу", "синяя бабочка на лугу", "велосипед в городе на рассвете",
    ),
    "Spanish": (
        "un gato en la playa", "un coche rojo en la ciudad de noche", "un velero en el agua al atardecer", "una casa en la nieve",
        "un árbol en un prado de día", "un caballo en el desierto", "un cohete en el espacio", "una manzana sobre una mesa",
        "un pingüino en la nieve de noche", "un elefante en el bosque", "una mariposa azul en un prado", "una bicicleta en la ciudad al amanecer",
    ),
    "Thai": (
        "แมวบนชายหาด", "รถสีแดงในเมืองตอนกลางคืน", "เรือใบบนน้ำยามพระอาทิตย์ตก", "บ้านในหิมะ",
        "ต้นไม้ในทุ่งหญ้าตอนกลางวัน", "ม้าในทะเลทราย", "จรวดในอวกาศ", "แอปเปิลบนโต๊ะ",
        "เพนกวินในหิมะตอนกลางคืน", "ช้างในป่า", "ผีเสื้อสีฟ้าในทุ่งหญ้า", "จักรยานในเมืองตอนพระอาทิตย์ขึ้น",
    ),
}  # fmt: skip
