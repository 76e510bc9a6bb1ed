"""Forms of addresses: streets, postal codes, what stands between a street and its city."""

import re

from corpora.deidentification.vocabulary import STATE_CODES, STATES

CAP = r"[^\W\d_a-z][\w'’.-]{0,30}"
SUFFIX = (
    r"Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Way|Court|Ct|Close|Place|Pl|Terrace|"
    r"Crescent|Highway|Hwy|Square|"
    r"Cottages?|Gardens|Hill|Row|Parkway|Pkwy|Circle|Cir|Trail|Mews|Park|View|Grove|Walk|Rise|Green|"
    r"Turnpike|Alley|Loop|Plaza|Quay|Wharf|Track|Trk|Esplanade|Parade|Pde|Cres|Tce|Ter|Terr|Cct|Circuit|"
    r"Bypass|Pike|Path|"
    r"Run|Ridge|Bend|Crossing|Point|Landing|Hollow|Heights|Estate|Chowk|Nagar|Marg|Colony|Vihar|Layout|Cross|"
    r"Main|Sector|"
    r"Bazaar|Gali|Brae|Wynd|Vale|Fields|Mount|Route|Expressway|Freeway|Fwy|Pass|Trace|Spur|Strand|Promenade|Lanes|Yard"
)
UNIT = r"(?:,? {1,2}(?:(?:Apt|Apartment|Suite|Ste|Unit|Flat|Room|Rm|Floor|Fl|Bldg|Building|Lot)\b\.? ?|#)[\w-]{1,6})?"
STREET = re.compile(
    rf"\b(?:(?:Flat|Apt|Apartment|Unit|Suite) [\w-]{{1,5}}, {{0,2}})?\d{{1,5}}[A-Za-z]?(?:-\d{{1,4}})? "
    rf"(?:[NSEW]{{1,2}}\b\.? )?(?:{CAP} |\d{{1,3}}(?:st|nd|rd|th) ){{1,4}}"
    rf"(?i:{SUFFIX})\b\.?(?: [NSEW]{{1,2}}\b)?(?: \d{{1,4}}\b(?! ?(?:mg|ml|y)))?(?i:{UNIT})"
)
INDIAN = re.compile(
    r"#?\d{1,4}[A-Za-z]?(?:/\d{1,4})?, (?:\d{1,3}(?:st|nd|rd|th) (?:Main|Cross|Block|Stage|Phase|Sector|"
    r"Floor)\b(?: Road)?"
    r"(?:, (?=\d))?){1,3}|"
    r"\b(?:Plot|H\.? ?No|House|Door|Shop|Flat|Lot|Villa|Bldg|Khasra|"
    r"Survey)\.?(?: ?No\.?)? ?#?(?=[\w/-]{0,8}\d)[\w/-]{1,8}"
    rf"(?:,? (?:{CAP} ){{0,3}}(?i:{SUFFIX})\b)?(?:, ?(?:Near|Opp\.?|Opposite|Behind|Next to|"
    rf"Beside) {CAP}(?: {CAP}){{0,3}})?|"
    rf"\b(?:Near|Opp\.?|Opposite|Behind) {CAP}(?: {CAP}){{0,2}} (?i:{SUFFIX}|temple|mosque|school|station|"
    rf"hospital|church)\b|"
    rf"\b(?:Brgy|Barangay|Purok|Sitio|Taluk|Tehsil|Mandal|Dist|Distt|Co)\.? {CAP}(?: {CAP})?|\bP\.?O\.? {CAP}"
)
SAINT = re.compile(
    r"\b(?:St|Saint|Ste|Sta|ST|SAINT)\b\.? (?:[A-Z][a-zà-ÿ]{2,20}|(?<=T )[A-Z]{4,20}|"
    r"(?<=T\. )[A-Z]{4,20})(?:['’-][\w]{1,12})*(?!(?:['’]s)? ?(?:[Ww]ort|encephalitis|[Dd]ance|fire))(?![\w])"
)
OUR_LADY = re.compile(
    r"\b(?:Our Lady|OUR LADY|Holy|HOLY|Sacred Heart|SACRED HEART)(?: (?:of|OF) (?:(?:the|"
    r"THE) )?[A-Z][\w'’]{2,20}(?: [A-Z][\w'’]{2,20})?| [A-Z][\w'’]{2,20})"
)
LOWER_SAINT = re.compile(r"\b(?:st\. (?!elev|depr|seg|chang)|saint )[a-z]{4,15}(?:['’]?s)?\b(?! ?wort)")
AUSTRALIAN = re.compile(r"\b(?:NSW|VIC|QLD|WA|TAS|ACT|NT|SA)\b,? (\d{4})(?!\d)")
PIN_CODE = re.compile(
    r"(?:(?<=[A-Za-z\ufffc)])(?:,? ?[-–] ?|, )|(?<=\ufffc) )([1-9]\d{2} ?\d{3})(?![\w/-]|[.,]\d)"
    r"(?=[ \t]*(?:[.,;)\n]|\Z|[ ]{2}|,? (?:India|Singapore)))"
)
EIRCODE = re.compile(r"(?<![\w-])[A-Z](?:\d\d|6W) [A-Z0-9]{4}(?![\w-])")
LOWER_STREET = re.compile(
    r"\b\d{1,5} (?!mm|cm|mg|ml|large|small|wk|min|more|days?|of|to|in|x|st\b)(?:[a-z]{2,20} ){1,2}(?:st|"
    r"street|ave|avenue|rd|road|ln|lane|blvd|boulevard)\b\.?(?i:" + UNIT + ")"
)
NAMED_STREET = re.compile(rf"\b(?:{CAP} ){{1,3}}(?:Street|Avenue|Road|Lane|Boulevard|Parkway|Highway|Turnpike)\b")
OTHER_STREET = re.compile(
    r"\b(?i:route|highway|hwy|interstate|exit|mile marker) \d{1,4}[A-Z]?\b(?: (?:near|at|and|in) "
    r"[A-Z][\w'’-]{1,30}(?: [A-Z][\w'’-]{1,30})?)?|"
    r"\bI-\d{2,3}\b|\b(?:P\.? ?O\.? ?)Box \d{1,6}\b|"
    r"\b[^\W\d_]{3,30}(?:strasse|straße|str\.|gasse|allee|platz|weg|laan|straat) \d{1,4}[a-z]?\b|"
    r"\b(?i:rue|via|calle|avenida|plaza) (?:[\w'’]{1,12} ){0,3}[A-Z]\w{1,20},? \d{1,4}\b"
)
ZIP = re.compile(r"(?<![\w.-])\d{5}(?:-\d{4})?(?![\w-]|[.,]\d)")
BEFORE_ZIP = re.compile(
    rf"\b(?:{'|'.join(sorted(STATE_CODES))}|(?i:{'|'.join(sorted(STATES))}))\.?,? {{1,2}}\Z|"
    rf"\b(?i:zip(?: ?code)?|post(?:al)? ?code)[ :]{{1,3}}\Z"
)
LONGEST_BEFORE_ZIP = 24  # characters
POSTCODE = re.compile(
    r"(?<![\w-])(?:[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}|[A-CEGHJ-NPR-TVXY]\d[A-Z] \d[A-Z]\d)(?![\w-])"
)
AFTER_STREET = re.compile(r"[,;]?(?:[ \t]{1,2}|[ \t]{0,4}\n[ \t]{0,8})")
CODE_AND_CITY = re.compile(r"(\d{5}) (?=[^\W\d_])")
