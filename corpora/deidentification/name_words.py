"""What stands around the names of persons: titles, labels, relatives, verbs, credentials, closings."""

import re

from corpora.deidentification.vocabulary import word_set

TITLES = word_set("""
    dr drs doctor mr mrs ms miss mx prof professor nurse rn lpn cna rev reverend sir madam mme herr frau dame señor
    señora sr sra srta senor senora smt shri sri kumari smti datuk dato tan mstr fr sgt ssgt msgt sfc cpl pfc pvt
    spc lcpl capt captain maj ltcol col lt gen cmdr cdr lcdr ens hm1 hm2 hm3 hmc constable pc dc det detective
    sheriff ofc trooper deputy rabbi imam pastor sheikh judge justice hon coach principal canon monsignor msgr
    deacon abbot mlle monsieur madame dott dottssa ing lic dra bro atty engr arch ustad haji hajji hajja umm abu
    """)
SHORT_TITLE = 4  # letters
ABBREVIATED = word_set("sr sra fr lt det dc pc bro tan col gen spc lic ing hon ens dra cdr mx")
AFTER_LOWER_TITLE = word_set("""
    said says aware called notified will is was has had to at in on and or who paged ordered recommends
    recommended agrees agreed saw with of for the a an this that not visit appointment office note notes orders
    wants would should may can did does
    """)
RELATIVES = word_set("""
    daughter son wife husband mother father brother sister partner aunt uncle niece nephew grandson granddaughter
    grandmother grandfather grandma grandpa cousin friend neighbor neighbour spouse fiance fiancé fiancée fiancee
    carer caregiver landlord guardian interpreter secretary roommate girlfriend boyfriend mom mum mama dad
    stepmother stepfather stepson stepdaughter law twin godmother widow widower physiotherapist therapist
    social-worker pharmacist boss supervisor teacher chaplain baby girl boy infant dtr gf bf hubby nan gran medic
    paramedic medics emt driver manager worker caseworker case-manager coordinator dietitian dietician nutritionist
    psychologist counselor counsellor physician surgeon intern resident registrar fellow attending consultant
    midwife student tech technician technologist sonographer radiographer phlebotomist scribe sitter aide hca pca
    orderly officer attorney lawyer solicitor advocate colleague roommate flatmate housemate housekeeper nanny
    babysitter employer employee coworker co-worker executor trustee keyworker liaison clerk receptionist operator
    neighbours neighbors sibling siblings parents sons daughters brothers sisters children kids godson goddaughter
    great-niece great-nephew ex-husband ex-wife ex-partner stepbrother stepsister half-brother half-sister
    sister-in-law brother-in-law mother-in-law father-in-law son-in-law daughter-in-law foster mummy daddy papa mam
    """)
LABELS = word_set("""
    patient pt name names surgeon assistant attending physician by pathologist provider contact proxy kin re caller
    client child author cc gp pcp transfer nok consultant nurse doctor guardian witness informant surname forename
    anesthesiologist anaesthetist radiologist cardiologist dear to from attn sincerely respondent signature signed
    scribe resident fellow practitioner midwife therapist carer interpreter relative relation next-of-kin subject
    member beneficiary insured holder recipient donor surgeons anes anaes scrub circulator medic collector
    phlebotomist technologist tech sonographer operator requester requestor requesting ordering submitting sending
    receiving copies copy worker caseworker keyworker employee driver victim coordinator pi sc investigator monitor
    chaplain student presenter present attendees participants chair manager supervisor teacher solicitor attorney
    executor trustee nanny mother father mum mom dad wife husband son daughter brother sister partner spouse niece
    nephew aunt uncle grandmother grandfather neighbour neighbor friend px pte client's dtr accepting referrer
    anaesthesia assistants nurses reg registrar sho rmo cons hmo intern fy1 fy2 f1 f2 st1 st2 pharm team sig
    signatory odp alias aka nickname preferred maiden née nee formerly dictator typist transcriptionist verified
    authorised authorized
    """)
SINGLE = word_set("""
    pt patient client named called saw seeing paged notified contacted parents accepting visited reviewed dear
    met
    """)
PAIRS = frozenset(
    (a, b)
    for second, firsts in {
        "by": "seen reviewed reported followed referred signed dictated ordered accompanied brought evaluated "
            "examined treated managed "
        "performed transcribed cosigned witnessed written authored prepared completed approved verified "
            "attended cared supervised "
        "delivered intubated operated requested read interpreted consulted notified called "
            "electronically recommended placed",
        "with": "discussed spoke spoken talked met conferred reviewed seen speaking follow appointment lives "
            "living regards consultation plan up",
        "w": "discussed spoke d f up plan came lives",
        "to": "spoke spoken talked speaking report reported referred known married dictated attn handed",
        "of": "care infant baby behalf parents son daughter wife husband mother father widow sister brother "
            "child patient pt friend",
        "on": "called call",
        "under": "was is admitted care",
        "as": "identified name known",
        "is": "name surname forename this partner mother father wife husband son daughter surgeon gp pcp nurse doctor "
            "cardiologist attending",
        "am": "i",
        "reviewing": "for",
        "seeing": "for of",
        "reviewed": "i",
        "md": "attending",
        "patient": "identified",
        "for": "care caring proxy",
        "from": "call message letter",
    }.items()
    for b in (second,)
    for a in firsts.split()
)  # fmt: skip
SKIPPED = frozenset(("is", "named", "called", "name", "was", "known", "as"))
CREDENTIAL = re.compile(
    r"(?:,? {1,2}|, ?|\n)(?:M\.? ?D\.?|D\.?O\.?|R\.?N\.?|N\.?P\.?|PA(?:-C)?|P\.A\.|Ph\.? ?D|DPhil|"
    r"FRC[A-Z]{1,3}|FACS|FACP|MRC[A-Z]{1,3}|MBBS|MB ?BCh|MBChB|LPN|LVN|"
    r"CNA|CRNP|FNP(?:-\w)?|DNP|APRN|CNM|CRNA|Pharm\.?D|RPh|LCSW|LMSW|MSW|DPT|OTR(?:/L)?|SLP|DDS|DMD|DPM|"
    r"PsyD|MPH|MSc|DN|RGN|RMN|EMT(?:-P)?|"
    r"[(](?:[a-z]{3,12} ){0,2}(?:pharmacist|student|nurse|midwife|carer|GP|RN|mother|father|"
    r"wife|husband|son|daughter|brother|sister|"
    r"niece|nephew|aunt|uncle|friend|neighbou?r|trauma|surgery|cardiology|neurology|secretary|interpreter|"
    r"partner|guardian|chair|resident|intern|physio|dietitian|dietician|social worker|translator|chaplain|manager|"
    r"scribe|paramedic|medic|driver|boss|landlord|neighbor|grandson|granddaughter|stepson|stepdaughter|spouse|"
    r"proxy|POA|"
    r"HCP|NOK|SW|SLT|OT|PT|renal|ICU|anaesthetics|anesthesia|oncology|radiology|psychiatry|ortho|medicine|"
    r"cousin|grandmother|"
    r"grandfather|fianc[eé]e?|roommate|carer|coordinator|registrar|consultant)[)]|"
    r"cardiac physiologist|district nurse|staff nurse|consultant|registrar)(?!\w)"
)
CLOSING = re.compile(
    r"(?:\b(?:sincerely|regards|wishes|faithfully|truly|thanks|thank you|cheers|love|signed|best)[,!.]?|"
    r"\n ?[-–—])\s{1,4}(?=[^\W\d_])",
    re.IGNORECASE,
)
AFTER_NAME = re.compile(
    r"(?: (?:is|was|has|had|lives|underwent|describes|presented|presents|will|reports|reported|states|"
        r"denies|moved|came|attended|called|"
    r"returned|complains|said|says|tolerated|died|developed|visited|works|takes|who|whose|first|again|"
        r"today|may|did|does|remains|and (?:his|her))\b"
    r"|,? (?:a|an|age|aged) \d|, \d{2}\b|,? \d{1,3}[- ]?(?:y|yo|year)"
    r"|,? (?:DOB|D\.O\.B|d\.o\.b|MRN|born|date of birth|NHS)\b|['’]s (?:mother|father|wife|husband|son|"
        r"daughter|symptoms|condition|case|family|care|treatment)"
    r"| ?[,/|(] ?(?:DOB|MRN|M\b|F\b|male\b|female\b|\d{1,2}[./-]\d|age|aged|born|\ufffc))",
)  # fmt: skip
AGE_AND_SEX = re.compile(r",? \d{1,3} ?(?:[MF]\b|y/?o\b|y\.o)")
KEY = re.compile(
    r"^[ \t\"']{0,8}[A-Za-z_ ]{0,30}(?:[_ ]?name|_md|_rn|_by|_to|_contact|_kin|_mother|_father|_spouse|"
    r"_physician|_surgeon|_doctor|"
    r"_provider|_nurse|_guardian|_author|_witness|_consultant|"
    r"_patient)[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?=[^\W\d_])",
    re.IGNORECASE | re.MULTILINE,
)
ALSO_KNOWN = re.compile(
    r"\b(?:prefers(?: to be called)?|a\.?k\.?a\.?|nick-?named?|goes by|known as|called|alias|née|nee|formerly|"
    r"maiden name|spelled|spelt|"
    r"named|answers to|legal name|dead ?name|birth name)[ :,]{1,3}[\"“'(‘]{0,2}(?=[^\W\d_a-z])"
)
SURE_INITIALS = (
    re.compile(r"//\s?([A-Z]{2,3})\s?//"),
    re.compile(
        r"\b(?i:initials?|transcribed(?: by)?|transcriptionist|typist|typed by|init)[: ]{1,3}([A-Za-z]{2,3})(?![\w'])"
    ),
    re.compile(r"(?:[—–]|--| -) ?([a-z]{2,3})(?=,? (?:rn|lpn|cna|pa|np|md|LPN|RN|CNA|MA|NP|PA|MD)\b)"),
    re.compile(r"(?<![\w/])[A-Z]{2,3}[:/]([a-z]{2,3})(?=[ \t]{0,4}(?:\n|\Z))"),
    re.compile(r"\b((?:[A-Z][ -]){3,14}[A-Z])(?![\w'])"),
    re.compile(r"\ufffc,? ?[(\[]?[\"“‘]([A-Z][\w'’-]{1,20}(?: [A-Z][\w'’-]{1,20})?)[\"”’]"),  # (“Cookie”)
    re.compile(r"\b(?:prefers|a\.?k\.?a\.?|goes by|known as|nickname[d]?) [\"“‘]([A-Z][\w'’ -]{1,30})[\"”’]"),
    re.compile(r"(?<![\w/])[DT]: ?([A-Z]{2,3}|[a-z]{2,3})\b(?=[ \t]|\n|\Z)"),
    re.compile(r"(?:dictated|transcribed)[^\n]{0,20}[\d\ufffc] ([a-z]{2,3})(?= |\n|\Z)"),
)
INITIALS = (
    *SURE_INITIALS,
    re.compile(
        r"\b(?i:by|per|to|sig|signed|entered|verified|initialled) ([A-Z]{2,3})(?=(?: at)? [\d\ufffc]|"
        r"[.]?[ \t]{0,4}(?:\n|\Z))"
    ),
)
END_OF_LINE = re.compile(r"[ \t.,]{0,4}(?:\n|\Z)")
BEFORE_ON_LINE = re.compile(r"(?:\A|\n)[ \t>*-]{0,4}\Z")
LAST_COMMA_FIRST = re.compile(r", {0,2}\Z")
LABEL_GAP = re.compile(r" ?[:#=/] {0,8}(?:\n {0,4})?\Z|\. {1,2}\Z| {1,6}\Z")
RELATIVE_GAP = re.compile(r" {1,2}\Z|, {0,2}\Z|: {0,2}\Z| ?\(\Z| [-–] \Z|['’]s \Z")
SHORTEST_RECURRING = 3  # letters of a part of a name that is looked for elsewhere
