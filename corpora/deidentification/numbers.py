"""Numbers that identify: those with a label ("MRN: 00123-45"), and forms that need none (a card number, a VIN)."""

import re
from collections.abc import Iterator

from corpora.deidentification.records import Finding, Kind

# Each label with whether it must be followed by "no", "#", ":" or the like, being an ordinary word otherwise.
_STRONG: tuple[tuple[Kind, str], ...] = (
    ("SSN", r"ssn|ss ?#|s\.s\.n\.?|social security(?: number| no\.?)?|soc\.? sec\.?"),
    (
        "MRN",
        r"mrn|m\.r\.n\.?|mr ?#|mr no\.?|(?:medical|hospital) record(?: number| no\.?)?|med\.? rec\.?|"
        r"hosp\.? no\.?|hospital (?:number|no\.?|id)|(?:unit|chart|case ?notes?|patient|pt|record) "
        r"(?:number|no\.?|id|#)|urn|hrn|emr|ehr id",
    ),
    (
        "HEALTH_PLAN",
        r"medicare|medicaid|member id|member(?:ship)? (?:number|no\.?)|subscriber id|beneficiary|health "
        r"?plan|health insurance|policy (?:number|no\.?|#|id)|insurance (?:id|number|no\.?|member id)|"
        r"insurer (?:number|no\.?|id)|group (?:number|no\.?|#|id)|hicn|mbi",
    ),
    ("ACCOUNT", r"acct\.?|account|iban|(?:credit|debit|bank) ?card|card number"),
    (
        "VEHICLE",
        r"vin|(?:licen[cs]e |number |registration )?plate|vehicle (?:id|identification|registration|"
        r"reg\.?)|car registration|reg\.? plate",
    ),
    (
        "LICENCE",
        r"driver['’]?s? licen[cs]e|driving licen[cs]e|licen[cs]e|lic\.|lic ?#|certificate|certification|"
        r"dea|npi|gmc|nmc|gdc|hcpc|clia|dl ?#",
    ),
    ("DEVICE", r"serial|s/n|sn|udi|imei|device id|lot|batch"),
    (
        "BIOMETRIC",
        r"(?:finger ?print|retinal?(?: scan)?|iris(?: scan)?|voice ?print|palm ?print|biometric|face "
        r"?(?:id|print)|dna profile)",
    ),
    (
        "ID",
        r"nhs|accession|specimen|passport|national id|tax id|visit (?:number|no\.?|#|id)|encounter "
        r"(?:number|no\.?|#|id)|csn|case (?:number|no\.?|#|id)|report (?:number|no\.?|#|id)|job id|"
        r"dictation id|document id|study id|subject id|trial id|sample id|order (?:number|no\.?|#|id)|"
        r"reference (?:number|no\.?)|ref\.? (?:no\.?|number)|student id|employee (?:id|number|no\.?)|"
        r"badge (?:number|no\.?|#|id)|(?:key ?safe|door|access|gate|entry) code|pin code|crn|prison "
        r"(?:number|no\.?)|inmate (?:number|no\.?|id)",
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
    r"[ \t]{0,4}(\d{3,4}(?:[ ]\d{3,4}){1,4}(?!\w)|[A-Z]{2,4} \d{3,}[A-Z]?(?![\w-])|"
    r"\(?(?=[\w()./-]{0,40}\d)[A-Za-z0-9][\w()./#-]{2,80})"
)
_MEASURE = re.compile(r"\d{1,3}[./]\d{1,3}|\d{1,5}(?:\.\d+)?(?:mg|ml|mcg|g|kg|cm|mm|h|d|yo|x|m|f)", re.IGNORECASE)
_SHORTEST = 3  # characters of a value; shorter ones are a case's or a bed's number


def _compiled(labels: tuple[tuple[Kind, str], ...], link: str) -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(rf"\b(?=[A-Za-z])(?i:{label})(?!\w)(?i:{link}){_VALUE}")) for kind, label in labels)


_LABELLED = _compiled(_STRONG, _LINK) + _compiled(_WEAK, _FIRM_LINK)
_USER_NAME = re.compile(
    r"\b(?i:user ?name|user id|login|handle|screen name|skype)(?i: is| was)?[: ]{1,3}(@?[\w.-]{3,40})"
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
_UNIT_FOLLOWS = r"(?! ?(?:units?|iu|copies|cells?|mg|mcg|ml|g|kg|cfu|/|%|steps|parasites|platelets)\b)(?! ?[/%])"
_LONG_NUMBER = re.compile(rf"(?<![\w.,+/-])\d{{7,20}}(?![\w-]|[.,/]\d){_UNIT_FOLLOWS}", re.IGNORECASE)
_GROUPED = re.compile(r"(?<![\w.,+/-])(?=(?:[\d-]{0,30}\d){7})\d{1,8}(?:-\d{1,8}){1,4}(?![\w-]|[.,/]\d)")
_LETTERED = re.compile(
    r"(?<![\w-])(?:[A-Z]{1,4}-?\d{5,12}[A-Z]{0,2}|[A-Z]{1,4}-?\d{2,6}-\d{3,8}(?:-\d{1,6})?)(?![\w-]|\.\d)"
)
_PLAIN: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("SSN", _SSN), ("VEHICLE", _VIN), ("ID", _UUID), ("ACCOUNT", _IBAN), ("ID", _GROUPS_OF_TEN),
    ("HEALTH_PLAN", _MEDICARE), ("ID", _LONG_NUMBER), ("ID", _GROUPED), ("ID", _LETTERED), ("PHOTO", _PHOTO),
    ("ID", _HANDLE),
)  # fmt: skip


def find_numbers(text: str) -> Iterator[Finding]:
    """Every labelled number, and every unlabelled one whose form gives it away. Kinds that are likelier come first."""
    for kind, pattern in _LABELLED:
        for match in pattern.finditer(text):
            value = match.group(1).rstrip("./-(")
            if value.count(")") > value.count("("):
                value = value.rstrip(")")
            if len(value) >= _SHORTEST and not _is_measure(value):
                yield Finding(kind, match.start(1), match.start(1) + len(value))
    for match in _USER_NAME.finditer(text):
        yield Finding("ID", match.start(1), match.start(1) + len(match.group(1).rstrip(".-")))
    for match in _CARD.finditer(text):
        digits = [int(character) for character in match.group() if character.isdigit()]
        if len(digits) <= 19 and _passes_luhn(digits):
            yield Finding("ACCOUNT", match.start(), match.end())
    for kind, pattern in _PLAIN:
        for match in pattern.finditer(text):
            yield Finding(kind, match.start(), match.end())


def _is_measure(value: str) -> bool:
    """Whether the value is a decimal, a dose or a ratio rather than a number that identifies."""
    return bool(_MEASURE.fullmatch(value))


def _passes_luhn(digits: list[int]) -> bool:
    """The check digit of payment cards, ISO/IEC 7812-1 annex B."""
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
