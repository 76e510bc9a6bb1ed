"""The words that say whether something is present, absent, possible, of the family or past; lists of our own.

After NegEx (Chapman, Bridewell, Hanbury, Cooper & Buchanan: A simple algorithm for identifying negated findings and
diseases in discharge summaries. J Biomed Inform 2001;34:301-310) and ConText (Harkema, Dowling, Thornblade & Chapman:
ConText: an algorithm for determining negation, experiencer, and temporal status from clinical reports. J Biomed Inform
2009;42:839-851). Entries are separated by semicolons.
"""

ABSENT_BEFORE = """
no; not; denies; denied; deny; denying; without; w/o; negative for; neg for; free of; free from; clear of; absence of;
lack of; lacks; lacked; lacking; never; never had; never developed; no evidence of; no evidence for; no sign of; no
signs of; no signs or symptoms of; no history of; no past history of; no previous history of; no prior history of; no
known; no complaints of; no complaint of; no features of; no clinical features of; no suggestion of; no indication of;
no symptoms of; no findings of; no evidence to suggest; not suggestive of; not consistent with; not known to have;
does not have; did not have; has not had; had not had; is not; was not; were not; nor; neither; cannot see; could not
find; fails to reveal; failed to reveal; failed to show; ruled out; rules out; rule out successfully; excluded;
excludes; excluding; no longer has; no longer had; not on; not taking; not receiving; not have; not had; non; denies
having; denies having had; denies any; denied any; denies ever having; denies that he has; denies that she has; denied
having; declined; refused; nil; no new; no further; no recent; no associated; no obvious; no definite; no focal; no
palpable; no acute; no significant; no overt; unaccompanied by; did not show; does not show; did not reveal; not show;
not reveal; in the absence of; rather than; as opposed to; instead of; resolution of; never been; not been; fails to
show; was unremarkable for; unremarkable for; unable to find; allowed us to exclude; exclude successfully; not feel;
did not feel; not complain of; not complained of; did not complain of; does not complain of; not report; did not
report; does not report; has not noticed; not noticed; has not had any; never any; not developed; has not developed;
did not develop; argued against; argues against; against a diagnosis of; makes no mention of; not diagnosed with; not
demonstrate; did not demonstrate; no demonstrable; was negative for; were negative for; is negative for; are negative
for
"""
"""What follows is absent."""

ABSENT_AFTER = """
was excluded; were excluded; is excluded; been excluded; was ruled out; were ruled out; is ruled out; ruled out; been
ruled out; was absent; were absent; absent; is absent; are absent; was negative; were negative; is negative; are
negative; negative; neg; not present; was not present; were not present; not seen; was not seen; were not seen; not
found; was not found; were not found; not detected; was not detected; not identified; was not identified; were not
identified; not demonstrated; was not demonstrated; not evident; was not evident; not noted; was not noted; were not
noted; not observed; not reported; not palpable; was unlikely; is unlikely; unlikely; was thought unlikely; was
considered unlikely; felt to be unlikely; could be excluded; can be excluded; not elicited; could not be elicited; not
visualised; not confirmed; was not confirmed; did not occur; is not a feature; was not a feature; were not a feature;
none; nil; excluded
"""
"""What precedes it in the clause is absent; of a procedure it is the result, and the procedure took place."""

UNDONE_AFTER = """
was denied; denied; were denied; is denied; not performed; was not performed; were not performed; not done; was not
done; was declined; was refused; not given; was not given
"""
"""What precedes it in the clause is absent, a procedure too."""

POSSIBLE_BEFORE = """
possible; possibly; probable; probably; presumed; presumptive; suspected; suspected of having; suspicion of; suspicion
for; suspicious for; suspicious of; suspect; suspects; suspecting; query; likely; likely to have; may have; might
have; could have; may be; might be; could be; may represent; could represent; might represent; cannot exclude; can not
exclude; could not exclude; cannot rule out; can't rule out; could not rule out; unable to exclude; unable to rule
out; not ruled out; not excluded; has not been ruled out; rule out; to rule out; r/o; to exclude; exclude; in order to
exclude; evaluate for; evaluated for; assess for; work-up for; worked up for; investigated for; investigation for;
concern for; concerning for; concerned about; concerns about; worried about; worry about; fear of; fears; differential
diagnosis includes; differential includes; differential diagnosis; differential of; ddx; risk of; risk for; at risk
of; at risk for; risk factors for; risk factor for; high risk of; low risk of; prevention of; to prevent; prophylaxis
against; prophylaxis for; prophylaxis of; screening for; screened for; tested for; test for; tests for; if; in case
of; should; return if; return for; watch for; monitor for; monitored for; appears to have; questionable; equivocal
for; impression of possible; raises possibility of; raising possibility of; possibility of; chance of; versus; vs;
unclear whether; uncertain whether; whether; consider; considered; considering; no definite evidence against;
vaccinated against; vaccination against; immunised against; exposed to; exposure to; contact with; susceptible to;
warned about; educated about; advised about; counselled about
"""
"""What follows is possible: suspected, looked for, feared, or a matter of risk."""

POSSIBLE_AFTER = """
was suspected; is suspected; were suspected; suspected; was considered; is considered; were considered; cannot be
excluded; can not be excluded; could not be excluded; cannot be ruled out; could not be ruled out; can not be ruled
out; was not excluded; not been excluded; has not been excluded; is possible; was possible; possible; is likely; was
likely; was thought likely; seems likely; is probable; was probable; likely; probable; was questioned; is
questionable; not excluded; not been ruled out; has not been ruled out; remains possible; remains a possibility; is a
possibility; was a possibility; was queried; prophylaxis; screening; screen; risk; vaccine; vaccination
"""
"""What precedes it is possible."""

PAST_BEFORE = """
history of; past history of; medical history of; past medical history of; past medical history; past medical history
includes; pmh; pmhx; past surgical history; prior history of; previous history of; known history of; remote history
of; history includes; medical history includes; history significant for; medical history significant for; history
notable for; h/o; hx of; hx; hx includes; previous; previously; prior; s/p; status post; post; past; in childhood; as
a child; had childhood; childhood; formerly; former; resolved; treated previously for; previously treated for;
previously had; previously diagnosed with; recovered from; had recovered from; recent history of; background of; on a
background of; earlier episode of; earlier episodes of; ex; stopped; discontinued; off; ceased; until last year took;
used to have; used to take; used to smoke; years after; months after; following
"""
"""What follows is past. (What a present illness is introduced with, "3-day history of", is read over.)"""

PAST_AFTER = """
years ago; year ago; months ago; decades ago; in the past; in childhood; as a child; in infancy; in his youth; in her
youth; previously; has resolved; had resolved; resolved; was resolved; have resolved; had been treated; in remission;
was stopped; were stopped; was discontinued; stopped; discontinued; has settled; had settled; was withdrawn; last
year; two years before; years before; years earlier; years previously; months previously; months earlier; at age; at
the age of
"""
"""What precedes it is past."""

KIN = """
mother; father; brother; sister; aunt; uncle; grandmother; grandfather; cousin; parent; sibling; son; daughter; twin;
grandparent; half-brother; half-sister; niece; nephew; relative; grandson; granddaughter; husband; wife; partner
"""
"""Persons who are not the patient. "mother" alone may be who tells the story; with a verb she is who is ill."""

KIN_VERBS = """
had; has; with; have; died of; died from; died after; died with; diagnosed with; was diagnosed with; suffers from;
suffered from; suffering from; suffered; is known to have; is known with; has history of; with history of; had history
of; was treated for; is being treated for; being treated for; treated for; is on; takes; carries; developed; is a
carrier of; has been diagnosed with; had recently had; recently had; has recently had; has had; also has; also had;
both have; both had; both has; died suddenly of
"""

FAMILY_BEFORE = """
family history of; family history; family history significant for; family history includes; family history positive
for; family hx of; family hx; fhx; fh; fh of; strong family history of; positive family history of; familial history
of; runs in family; maternal history of; paternal history of; maternal; paternal; in the family of
"""
"""What follows is of the family."""

FAMILY_AFTER = """
in mother; in father; in brother; in sister; in aunt; in uncle; in grandmother; in grandfather; in cousin; in
maternal; in paternal; in first-degree relative; in first degree relative; in relatives; in sibling; in parent; in
son; in daughter; in family; runs in family; in maternal grandmother; in maternal aunt; in maternal uncle; in paternal
grandmother; in paternal aunt; in one sibling; in wife; in husband; in contact; affecting mother; affecting father
"""
"""What precedes it is of the family."""

ALLERGY_BEFORE = """
allergic to; allergy to; allergies to; allergies; hypersensitive to; hypersensitivity to; intolerant of; intolerance
to; drug allergies; known allergies; nkda except; reaction to
"""
"""What follows is not tolerated."""

ALLERGY_AFTER = "allergy; allergic; hypersensitivity; intolerance; anaphylaxis"
"""What directly precedes it is not tolerated."""

PSEUDO = """
no increase; no increase in; no decrease; no decrease in; no change; no change in; no significant change; no
significant change in; no interval change; no improvement; no improvement in; no relief; no relief of; no response; no
response to; not only; not just; not necessarily; no doubt; not certain whether; without difficulty; without delay;
without warning; without any further; without improvement; without relief; without success; without help; without
assistance; without effect; no help; not help; not relieved by; not improved by; not improved with; not responding to;
not respond to; did not respond to; not resolved; has not resolved; not settled; did not settle; not due to; no cause;
no cause for; no cause of; no obvious cause; no obvious cause for; no clear cause; no clear cause for; not controlled;
not controlled by; not well controlled; gram negative; gram-negative; negative pressure; false negative; seronegative;
culture negative; culture-negative; no explanation for; not worse; no worse; not better; no better; no worsening; no
worsening of; no progression; no progression of; no abnormality other than; no abnormalities other than; nothing other
than; no problem other than; no drug other than; no medication other than; no abnormality except; not until; no
sooner; no less than; no more than; not more than; not less than; not fully; not completely; not yet better; not yet;
not able to; not tolerate; not compliant with; not adherent to; non-adherent; non-compliant; non-adherence to; stopped
working; stopped breathing; stopped playing; stopped eating; stopped taking; not drain; no fall in; as if; even if;
should be; old man; old woman; old male; old female; old boy; old girl; old lady; old gentleman; year old; years old;
month old; months old; week old; weeks old; day old; days old; year-old; old with; old who; old presented; old
presents; old presenting; old patient; old has; ex utero; post partum; postpartum; off food; off feeds; off
colour; no history available; day history of; week history of; month history of; year history of; hour history of; day
history; week history; month history; year history; hour history; minute history of; days history of; weeks history
of; months history of; years history of; days' history of; weeks' history of; months' history of; short history of;
long history of; brief history of; long-standing history of; presents with history of; presented with history of;
presenting with history of; history of presenting complaint; history of present illness; history of the present
illness; following morning; following day; past week; past month; past year; past few days; past few weeks; past few
months; past two days; past three days; past 24 hours; past day; past 3 days; past 2 days; past two weeks; past three
weeks; over past; prior to; previous day; previous night; previous week; should not; vs vital; post code; post office;
considered to have; considered to be; was considered to have; was considered to be
"""
"""What looks like a cue and is none."""

TERMINATORS = """
but; however; although; though; except; except for; apart from; aside from; other than; nevertheless; yet; still;
whereas; while; which; who; because; since; secondary to; due to; as a cause of; as cause for; as cause of; as source
of; as reason for; presents; presented; presenting; presents with; presented with; complains; complained; complains
of; c/o; reports; reported; reporting; developed; develops; developing; admitted; was admitted; is admitted; attended;
attends; came; revealed; reveals; showed; shows; showing; demonstrated; found to have; was found; noted to have; now
has; now; currently; today; on examination; o/e; examination; treated with; was treated; responded to; on arrival;
then; when; so; therefore; causing; despite; he has; she has; he had; she had; and has; and had; has had; and is; and
was; he; she; patient; it; they; remains; remained; started; starting; was started; is on; takes; taking; was given;
given; underwent; confirmed; suggested; suggests; suggesting; consistent with; in keeping with; diagnosed with;
diagnosis of; was diagnosed; diagnosed; positive; positive for; plus; only; only had; admits; admits to; endorses;
endorsed; instead; until; before; to explain; to account for; to suggest
"""
"""What ends the reach of a cue."""
