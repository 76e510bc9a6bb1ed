"""Numbers that identify: those with a label ("MRN: 00123-45"), and forms that need none (a card number, a VIN)."""

import re
from collections.abc import Iterator
from itertools import chain

from corpora.deidentification.likeness import in_small_letters, known
from corpora.deidentification.records import Finding, Kind

# Each label with whether it must be followed by "no", "#", ":" or the like, being an ordinary word otherwise.
_STRONG: tuple[tuple[Kind, str], ...] = (
    ("SSN", r"ssn|ss ?#|s\.s\.n\.?|social security(?: number| no\.?)?|soc\.? sec\.?"),
    (
        "MRN",
        r"mrn|m\.r\.n\.?|mr ?#|mr no\.?|(?:medical|hospital) record(?: number| no\.?)?|med\.? rec\.?|"
        r"hosp\.?(?:ital)? (?:number|no\.?|num|id|#)|(?:unit|chart|case ?notes?|patient|pt|record|folder|file|opd|ipd) "
        r"(?:number|no\.?|id|#)|urn?|hrn|emr|ehr id|uhid|umrn|chi|pas (?:number|no\.?)|[dk] ?number|"
        r"(?:mrn|patient|pt)_\w{1,12}|folder|nhi|hcn",
    ),
    (
        "HEALTH_PLAN",
        r"medicare|medicaid|member id|member(?:ship)? (?:number|no\.?)|subscriber id|beneficiary|health "
        r"?plan|health insurance|policy (?:number|no\.?|#|id)|insurance (?:id|number|no\.?|member id)|"
        r"insurer (?:number|no\.?|id)|group[ _](?:number|no\.?|#|id)|hicn|mbi|philhealth(?: pin)?|hcn|ohip|phn|"
        r"(?:member|subscriber|policy|payer|plan)_\w{1,8}|medical card|gms|tpa card|insurance card|dva|irn|"
        r"krankenversicherung\w{0,8}|carte vitale|tricare|champva|healthcare card|hkid",
    ),
    ("ACCOUNT", r"acct\.?|account|iban|(?:credit|debit|bank) ?card|card number"),
    (
        "VEHICLE",
        r"vin|(?:licen[cs]e |number |registration )?plates?|vehicle (?:id|identification|registration|"
        r"reg\.?)|car registration|reg\.? plate|rego|(?:car|van|truck|lorry|bus|taxi|motorbike|vehicle|"
        r"ambulance|trailer|boat|"
        r"tail|bumper|fleet|hull)(?: (?:reg\.?|no\.?|number|plate|rego|id|#))?",
    ),
    (
        "LICENCE",
        r"driver['’]?s? licen[cs]e|driving licen[cs]e|licen[cs]e|lic\.|lic ?#|certificate|certification|"
        r"dea|npi|gmc|nmc|gdc|hcpc|clia|dl ?#|upin|ahpra|imc|cpso|mci|prc|provider (?:number|no\.?)|"
        r"prescriber (?:number|no\.?)|"
        r"(?:nursing|medical|rn|md|pharmacy|state|pilot|firearms?|gun|boat|fishing|driver|driving|dl|"
        r"cdl)[ _-](?:lic\.?|"
        r"licen[cs]e|reg\.?|registration|permit|cert\.?)|reg\. ?no\.?|registration (?:number|no\.?)|pin",
    ),
    ("DEVICE", r"serial|ser\.?|s/n|sn|udi|imei|device id|lot|batch"),
    (
        "BIOMETRIC",
        r"(?:(?:finger|voice|palm|face|facial|hand|iris|retinal?|vein|thumb|gait|biometric|dna|ear|"
        r"foot)[ -]?(?:print|scan|"
        r"profile|file|unlock|id|vein|geometry|recognition|sample|match|enrol\w{0,6}|template|record|hash|card){0,1}"
        r"(?:[ -](?:template|card|id|file|scan|record|hash|ref|code|map|enrol\w{0,6}|no\.?)){1,2}|finger ?print|"
        r"retinal?(?: scan)?|iris(?: scan)?|voice ?print|palm ?print|biometric|face ?(?:id|print)|dna profile|"
        r"template)",
    ),
    (
        "ID",
        r"nhs|accession|specimen|passport|national id|tax id|visit (?:number|no\.?|#|id)|encounter "
        r"(?:number|no\.?|#|id)|csn|case (?:number|no\.?|#|id)|report (?:number|no\.?|#|id)|job id|"
        r"dictation id|document id|study id|subject id|trial id|sample id|order (?:number|no\.?|#|id)|"
        r"reference (?:number|no\.?)|ref\.? (?:no\.?|number)|student id|employee (?:id|number|no\.?)|"
        r"badge (?:number|no\.?|#|id)|(?:key ?safe|door|access|gate|entry) code|pin code|crn|prison "
        r"(?:number|no\.?)|inmate (?:number|no\.?|id)|aadhaar|pan(?: no\.?)?|abn|acn|tfn|nino?|nat\.? ins\.?|"
        r"national insurance|"
        r"ihi|pps(?:n| no\.?)?|sin|dodid|dod id|edipi|service (?:number|no\.?)|grid|awb|tracking|mission|flight|"
        r"docket|claim|"
        r"ticket|incident|"
        r"requisition|req\.?|lab (?:number|no\.?)|(?:bottle|bag|tag|band|wristband|kit|tracing|slide|block|"
        r"cassette|donor|"
        r"recipient|bt|mission|deviation|message|msg|form|application|referral|authori[sz]ation|auth|confirmation|"
        r"workcover|run|cad|job|unique|patient|sample|study|site|screening|randomi[sz]ation|rand|asset|bed ?tag)"
        r"(?: (?:number|no\.?|#|id|ref\.?))",
    ),
)
_WEAK: tuple[tuple[Kind, str], ...] = (
    ("MRN", r"chart|record|patient|hospital"),
    ("HEALTH_PLAN", r"insurance|policy|group|plan"),
    ("ACCOUNT", r"card|invoice|billing|receipt"),
    ("VEHICLE", r"tag|registration|reg\.?"),
    ("LICENCE", r"registration"),
    ("DEVICE", r"device|implant|pump|pacemaker|generator|model|lead"),
    (
        "ID",
        r"id|identifier|number|ref\.?|reference|case|visit|encounter|order|report|ticket|docket|booking|"
        r"study|subject|code|sample|barcode",
    ),
)
_LINK = r"(?:[ ]{0,2}(?:numbers?|num|nos?|nr|id|identifier|code|scan|recognition|is|was)\b\.?|[ ]{0,2}[#:№=]){0,4}"
_FIRM_LINK = r"(?:[ ]{0,2}(?:numbers?|num|nos?|nr|id)\b\.?(?: is\b)?|[ ]{0,2}(?:#|:|№|=| is\b)){1,3}"
_VALUE = (
    r"[ \t]{0,4}\(?(\d{3,4}(?:[ ]\d{3,4}){1,4}(?!\w)|"
    r"(?:[A-Z]{1,4}[ -])?\d{1,6}(?:[ -]\d{1,6}){1,5}(?: [A-Z]{1,2}\b)?(?: ?/ ?\d\b)?(?![\w/.]\w)|"
    r"[A-Z]{1,4} (?=[\w-]{0,8}\d)[A-Z0-9/-]{3,10}(?: [A-Z]{1,3}\b| \d{2,6}\b)?(?![\w-])|"
    r"\(?(?=[\w()./-]{0,40}\d)[A-Za-z0-9][\w()./#-]{2,80})"
)
_MEASURE = re.compile(r"\d{1,3}[./]\d{1,3}|\d{1,5}(?:\.\d+)?(?:mg|ml|mcg|g|kg|cm|mm|h|d|yo|x|m|f)", re.IGNORECASE)
_SHORTEST = 3  # characters of a value; shorter ones are a case's or a bed's number


def _compiled(labels: tuple[tuple[Kind, str], ...], link: str) -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    """Patterns of label and link for a text in small letters, which are searched faster than in any case."""
    return tuple((kind, re.compile(rf"\b(?=[a-z])(?:{label})(?![a-z_]){link}")) for kind, label in labels)


_LABELLED = _compiled(_STRONG, _LINK) + _compiled(_WEAK, _FIRM_LINK)
_LABELLED_VALUE = re.compile(_VALUE)
_USER_NAME = re.compile(
    r"\b(?i:user ?name|user id|login|handle|screen name|skype|gamer ?tag|twitch|discord|snapchat|telegram|"
    r"insta(?=:)|ig(?=:)|"
    r"instagram|tiktok|twitter|wechat|venmo)(?i: is| was)?[: ]{1,3}(@?(?=[\w.-]{0,40}[\d_@]|"
    r"\w{2,20}[.-]\w)[\w.-]{2,39}\w)"
)
_HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z_][\w.]{1,30}\w")
_PHOTO = re.compile(r"(?<![\w./])[\w-]{1,80}\.(?:jpe?g|png|heic|gif|tiff?|bmp|dcm|webp)\b", re.IGNORECASE)

_SSN = re.compile(r"(?<![\w.+/-])\d{3}([- ])\d{2}\1\d{4}(?![\w/-]|\.\d)")
_CARD = re.compile(r"(?<![\w.+/-])\d(?:[ -]?\d){12,18}(?![\w/-]|\.\d)")
_VIN = re.compile(r"(?<![\w-])(?=[A-Z0-9]{0,16}[A-Z])(?=[A-Z0-9]{0,16}\d)[A-HJ-NPR-Z0-9]{17}(?![\w-])")
_UUID = re.compile(r"(?<![\w-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w-])", re.IGNORECASE)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_GROUPS_OF_TEN = re.compile(r"(?<![\w.+/-])(?:\d{3} \d{3}|\d{4} \d{4}) \d{4}(?![\w/-]|\.\d)")
_MEDICARE = re.compile(r"(?<![\w-])[1-9][A-Z][A-Z0-9]\d-?[A-Z][A-Z0-9]\d-?[A-Z]{2}\d{2}(?![\w-])")
_ANY_LABEL = re.compile(
    rf"\b[A-Za-z][A-Za-z-]{{1,20}}[ _](?i:no|number|num|nr|id|ref|reference|code|card|template|cert|"
    rf"certificate|pin|docket|"
    rf"file|folio|tag|user|serial|lic|reg|registration)\b\.?(?: is\b)?[ ]?[:#=]{{0,2}}{_VALUE}"
)
_HASH = re.compile(r"(?<![\w#])[A-Za-z]{2,12} ?# ?((?=[\w-]{0,20}\d{3})[\w-]{3,20})(?![\w-])")
_SHORT_LABEL = re.compile(
    rf"\b(?:ID|Hosp|HOSP|Folder|FOLDER|UR|Acct|ACCT|Ref|REF)\b\.?:?(?=[^\n]{{0,4}}[\dA-Z][^\n]{{0,10}}\d{{3}}){_VALUE}"
)
_SLASHED = re.compile(r"(?<![\w/])(?=[\w/-]{0,30}\d{3})[A-Z]{1,6}(?:/[A-Z0-9-]{1,10}){2,4}(?![\w/])")
_NATIONAL_INSURANCE = re.compile(r"(?<!\w)[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)")
_UK_PLATE = re.compile(r"(?<![\w-])[A-Z]{2}\d{2} ?[A-Z]{3}(?![\w-])")
_MIXED_CODE = re.compile(  # letters and figures with hyphens: VP-00412-KOW, GRP-0077X, 20-K-00917
    r"(?<![\w./^-])(?=[A-Z0-9-]{0,24}[A-Z])(?=[A-Z0-9-]{0,24}(?:\d{4}|0\d{2}|\d{3}-\d{2}|\d{2}-\d{3}|"
    r"\d{3}-[A-Z]{1,4}-\d{3}))[A-Z0-9]{1,10}(?:-[A-Z0-9]{1,12}){1,4}"
    r"(?:/\d{2,4})?(?![\w-]|\.\d)"
)
_ALPHANUMERIC = re.compile(  # 00A0417Z, 0M0004HXK7: five figures and a letter that no unit explains
    r"(?<![\w./^-])(?=[A-Z0-9]{0,20}[A-Z])(?=(?:[A-Z]{0,6}\d){5})[A-Z0-9]{6,24}(?![\w-]|\.\d)"
)
_LETTERS_AND_PAIR = re.compile(r"(?<![\w.,/:+-])[A-Z]{2,8}[ #](\d{4}-\d{4,6})(?![\w-]|[.,/:]\d)")
_ALTERNATING = re.compile(
    r"(?<![\w./^-])(?=[A-Z0-9]{0,12}\d[A-Z]{1,4}\d)(?=(?:[A-Z]{0,6}\d){4})[A-Z0-9]{6,16}(?![\w-]|\.\d)"
)
_LEADING_ZERO = re.compile(r"(?<![\w.,/:+-])(?:[A-Z]{2,5} )?(0\d{4,12})(?![\w-]|[.,/:]\d)")
_NUMBERED_WORD = re.compile(
    r"(?<![\w@/.-])(?![cgmnp]\.)(?=[\w.]{0,30}_)(?=[\w.]{0,30}\d)[A-Za-z][A-Za-z0-9]{0,20}[._][\w.]{0,20}\w(?![\w@-])"
)
_ENDING = re.compile(
    r"\*{2,} ?(\d{3,6})\b|\b(?i:ending(?: in| with)?|last (?:4|four|3|three)(?: digits)?(?: of)?)[: ]{1,2}(\d{3,6})\b"
)
_DRIVEN = re.compile(
    r"\b(?i:drives?|driving|drove|car|truck|van|vehicle|plates?|rego|reg|polo|golf|sedan|suv|taxi|bike|"
    r"motorcycle|ute|bakkie)\b"
    r"[^.\n\d]{0,25}?[ :#]((?:[A-Z]{2} )?(?=[A-Z0-9]{0,4}[A-Z])[A-Z0-9]{2,4}[ -]\d{2,4}(?: [A-Z]{1,3}\b)?|"
    r"[A-Z]{2,3} (?=[A-Z0-9]{0,6}\d)[A-Z0-9]{2,4} ?\d{2,4})(?![\w-])"
)
_SA_PLATE = re.compile(r"(?<![\w-])[A-Z]{2,3} \d{3} (?:NW|GP|EC|WC|FS|KZN|MP|NC|LP)(?![\w-])")
_FILE_NUMBER = re.compile(r"(?<![\w./-])\d{2}/\d{5,8}[A-Z]?(?![\w/-])")
_LOGIN = re.compile(
    r"(?<![\w@./-])[a-z]{5,20}\d{1,4}(?![\w@-])|"
    r"(?<=user )[\w-]{2,20}[.\d][\w.-]{1,20}\w|(?<=user: )[\w-]{2,20}[.\d][\w.-]{1,20}\w"
)
_PARTIAL: tuple[tuple[Kind, re.Pattern[str]], ...] = (("ACCOUNT", _ENDING), ("VEHICLE", _DRIVEN))
_UNIT_FOLLOWS = r"(?! ?(?:units?|iu|copies|cells?|mg|mcg|ml|g|kg|cfu|/|%|steps|parasites|platelets)\b)(?! ?[/%])"
_LONG_NUMBER = re.compile(rf"(?<![\w.,+/-])\d{{7,20}}(?![\w-]|[.,/]\d){_UNIT_FOLLOWS}", re.IGNORECASE)
_GROUPED = re.compile(
    r"(?<![\w.,+/-])(?!(?:19|20)\d\d-(?:19|20)\d\d\b)(?=(?:[\d-]{0,30}\d){7})\d{1,8}(?:-\d{1,8}){1,4}(?![\w-]|[.,/]\d)"
)
_LETTERED = re.compile(
    r"(?<![\w-])(?:[A-Z]{1,4}-?\d{5,12}[A-Z]{0,2}|[A-Z]{3,5}\d{4}[A-Z]?|"
    r"[A-Z]{1,4}-?\d{2,6}-\d{3,8}(?:-\d{1,6})?)(?![\w-]|\.\d)"
)
_PLAIN: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("SSN", _SSN), ("VEHICLE", _VIN), ("ID", _UUID), ("ACCOUNT", _IBAN), ("ID", _GROUPS_OF_TEN),
    ("HEALTH_PLAN", _MEDICARE), ("ID", _LONG_NUMBER), ("ID", _GROUPED), ("ID", _LETTERED), ("PHOTO", _PHOTO),
    ("ID", _HANDLE), ("ID", _SLASHED), ("ID", _NATIONAL_INSURANCE), ("VEHICLE", _UK_PLATE), ("ID", _MIXED_CODE),
    ("ID", _ALPHANUMERIC),
    ("ID", _ALTERNATING), ("ID", _NUMBERED_WORD), ("VEHICLE", _SA_PLATE), ("ID", _FILE_NUMBER),
)  # fmt: skip


def find_numbers(text: str) -> Iterator[Finding]:
    """Every labelled number, and every unlabelled one whose form gives it away. Kinds that are likelier come first."""
    labelled = list(_labelled(text))
    yield from labelled
    yield from _more_labelled(text)
    for match in _CARD.finditer(text):
        digits = [int(character) for character in match.group() if character.isdigit()]
        if len(digits) <= 19 and _passes_luhn(digits):
            yield Finding("ACCOUNT", match.start(), match.end())
    starts = {finding.start for finding in labelled}
    for match in chain(_LEADING_ZERO.finditer(text), _LETTERS_AND_PAIR.finditer(text)):
        yield Finding("ID", match.start(1) if match.start(1) in starts else match.start(), match.end())
    for kind, pattern in _PLAIN:
        for match in pattern.finditer(text):
            yield Finding(kind, match.start(), match.end())


def _labelled(text: str) -> Iterator[Finding]:
    """MRN: 00123-45, Hosp No K402218."""
    small = in_small_letters(text)
    for kind, pattern in _LABELLED:
        for label in pattern.finditer(small):
            match = _LABELLED_VALUE.match(text, label.end())
            if match is None:
                continue
            value = match.group(1).rstrip("./-(")
            if value.count(")") > value.count("("):
                value = value.rstrip(")")
            if len(value) >= _SHORTEST and not _is_measure(value):
                yield Finding(kind, match.start(1), match.start(1) + len(value))


def _more_labelled(text: str) -> Iterator[Finding]:
    """Numbers after a word no list has ("docket no. 12-77"), cards by their last figures, plates, logins."""
    for pattern in (_ANY_LABEL, _HASH, _SHORT_LABEL):
        for match in pattern.finditer(text):
            value = match.group(1).rstrip("./-(")
            if sum(character.isdigit() for character in value) >= _SHORTEST and not _is_measure(value):
                yield Finding("ID", match.start(1), match.start(1) + len(value))
    for kind, pattern in _PARTIAL:
        for match in pattern.finditer(text):
            group = match.lastindex or 1
            yield Finding(kind, match.start(group), match.end(group))
    for match in _LOGIN.finditer(text):
        if not known(match.group().rstrip("0123456789")):
            yield Finding("ID", match.start(), match.end())
    for match in _USER_NAME.finditer(text):
        yield Finding("ID", match.start(1), match.start(1) + len(match.group(1).rstrip(".-")))


def _is_measure(value: str) -> bool:
    """Whether the value is a decimal, a dose or a ratio rather than a number that identifies."""
    return bool(_MEASURE.fullmatch(value))


def _passes_luhn(digits: list[int]) -> bool:
    """The check digit of payment cards, ISO/IEC 7812-1 annex B."""
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
