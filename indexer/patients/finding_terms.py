"""Symptoms and signs, as ``term: synonym, synonym; term``; written for this project.

A name of capitals only is an abbreviation. Spelling (oe/e), plurals, hyphens and articles need no variants:
`indexer.patients.words.fold` sees to them.
"""

FINDINGS = """
dyspnoea: shortness of breath, SOB, SOBOE, breathlessness, breathless, short of breath, difficulty breathing,
difficulty in breathing, trouble breathing, laboured breathing, dyspnoeic, DOE, air hunger, winded; orthopnoea:
orthopnoeic, breathless lying flat; paroxysmal nocturnal dyspnoea: PND; exertional dyspnoea: dyspnoea on exertion,
shortness of breath on exertion, breathlessness on exertion, dyspnoea on effort; tachypnoea: tachypnoeic, rapid
breathing, fast breathing, raised respiratory rate; bradypnoea; apnoea: apnoeic, stopped breathing; respiratory
distress: increased work of breathing, respiratory effort increased, intercostal recession, subcostal recession, nasal
flaring, chest retractions, intercostal retractions, accessory muscle use, use of accessory muscles, grunting,
recession; wheeze: wheezing, wheezy, expiratory wheeze, rhonchi; stridor: inspiratory stridor; crackles: crepitations,
rales, basal crackles, bibasal crackles, bibasilar crackles, inspiratory crackles, crepitation; cough: coughing,
tussis; dry cough: nonproductive cough, non-productive cough, unproductive cough; productive cough: coughing up
sputum, cough productive, purulent sputum, green sputum, yellow sputum, productive of sputum; barking cough: seal-like
cough, croupy cough; whooping cough paroxysms: paroxysmal cough, inspiratory whoop, coughing fits; haemoptysis:
coughing up blood, blood-stained sputum, bloody sputum, coughed up blood, blood-streaked sputum; hypoxia: hypoxaemia,
hypoxic, hypoxaemic, desaturation, low oxygen saturation; cyanosis: cyanotic, cyanosed, blue lips, turning blue, went
blue; pleuritic chest pain: pleuritic pain, pleurisy, pain on inspiration, pain on breathing in, chest pain on
inspiration; chest pain: CP, thoracic pain, retrosternal pain, substernal pain, precordial pain, central chest pain,
chest ache; chest tightness: tight chest, chest pressure, chest heaviness, tightness in chest, crushing chest pain,
heaviness in chest; palpitations: heart racing, racing heart, pounding heart, fluttering in chest; tachycardia:
tachycardic, rapid heart rate, fast heart rate; bradycardia: bradycardic, slow heart rate; irregular pulse:
irregularly irregular pulse, irregular heartbeat, irregularly irregular rhythm; syncope: fainted, fainting, blackout,
passed out, syncopal episode, collapse, collapsed, loss of consciousness, LOC, syncopal, lost consciousness;
presyncope: light-headedness, lightheaded, light-headed, near syncope, near-fainting; heart murmur: murmur, systolic
murmur, diastolic murmur, pansystolic murmur, holosystolic murmur, new murmur, ejection systolic murmur; pericardial
rub: friction rub, pericardial friction rub; raised jugular venous pressure: raised JVP, JVP raised, JVP elevated,
elevated JVP, jugular venous distension, JVD, distended neck veins, jugular venous distention; displaced apex beat;
third heart sound: S3, S3 gallop, gallop rhythm; peripheral oedema: leg oedema, ankle oedema, pedal oedema, pitting
oedema, ankle swelling, swollen ankles, swollen legs, lower limb oedema, lower extremity oedema, bilateral leg
swelling, leg swelling, swelling of legs, swelling of ankles, swollen feet, swollen leg; oedema: swelling, swollen,
oedematous; facial swelling: swollen face, facial oedema, face swelling, puffy face, facial puffiness; periorbital
oedema: periorbital swelling, puffy eyes, puffiness around eyes, eyelid swelling, swollen eyelids; calf swelling:
swollen calf, calf swollen; calf tenderness: tender calf, calf pain; swelling of hands and feet: hands and feet are
swollen, oedema of hands and feet, swollen hands and feet, swelling of hands or feet, swelling of hands; angioedema:
lip swelling, swollen lips, tongue swelling, swollen tongue; generalised oedema: anasarca; hypotension: hypotensive,
low blood pressure; shock: circulatory shock; orthostatic hypotension: postural hypotension, postural drop; pallor:
pale, conjunctival pallor, pale conjunctivae; cold extremities: cool peripheries, cold hands and feet, cold
peripheries, clammy extremities; fever: febrile, pyrexia, pyrexial, high temperature, feverish, temp spike,
hyperthermia, FUO, pyrexia of unknown origin, fever of unknown origin; chills: shivering, shivers; rigors: rigor,
shaking chills; night sweats: nocturnal sweats, drenching sweats, sweating at night; diaphoresis: sweating, sweaty,
diaphoretic, clammy, profuse sweating; hypothermia: hypothermic, low body temperature; flushing: facial flushing, hot
flushes, hot flashes; malaise: feeling unwell, generally unwell, unwell, off colour; fatigue: tiredness, tired,
lethargy, lethargic, exhaustion, exhausted, easy fatigability, fatigued, low energy, listless; generalised weakness:
weakness, feeling weak, asthenia, general weakness; weight loss: lost weight, loss of weight, losing weight,
unintentional weight loss, unexplained weight loss, weight has fallen, cachexia, cachectic; weight gain: gained
weight, gain in weight, gaining weight, increased weight; anorexia: loss of appetite, poor appetite, reduced appetite,
decreased appetite, off food, appetite loss, lost appetite; polyphagia: increased appetite, excessive hunger;
polydipsia: excessive thirst, increased thirst, very thirsty, thirst, thirsty, drinking a lot; polyuria: passing a lot
of urine, passing large amounts of urine, excessive urination, passing more urine; nocturia: nocturnal urination,
waking to pass urine, bed-wetting, enuresis, wetting bed; dehydration: dehydrated, dry mucous membranes, sunken eyes,
sunken fontanelle, reduced skin turgor, dry mouth, poor skin turgor, decreased skin turgor; failure to thrive:
faltering growth, poor weight gain, poor growth, FTT, not gaining weight; poor feeding: feeding poorly, reduced
feeding, refusing feeds, difficulty feeding, not feeding, off feeds; irritability: irritable, inconsolable,
inconsolable crying, excessive crying; floppy infant: floppy, poor tone; bulging fontanelle: bulging anterior
fontanelle, full fontanelle; short stature; delayed puberty; developmental delay: delayed milestones, developmental
regression, delayed development; cold intolerance: intolerance to cold, intolerance of cold, feels cold, feeling cold;
heat intolerance: intolerance to heat, intolerance of heat; lymphadenopathy: swollen lymph nodes, enlarged lymph
nodes, swollen glands, enlarged nodes, swollen nodes, adenopathy, palpable lymph nodes, LAD; cervical lymphadenopathy:
cervical adenopathy, cervical lymph nodes, enlarged cervical nodes, neck nodes, tender cervical nodes, enlarged
cervical lymph nodes, swollen neck glands, posterior cervical nodes; hilar lymphadenopathy: bilateral hilar
lymphadenopathy, hilar adenopathy, bilateral hilar adenopathy; mediastinal mass: mediastinal widening; hepatomegaly:
enlarged liver, liver enlargement, palpable liver; splenomegaly: enlarged spleen, palpable spleen, spleen enlargement,
spleen tip palpable; hepatosplenomegaly: HSM, enlarged liver and spleen; jaundice: jaundiced, icterus, icteric, yellow
skin, yellow eyes, yellowing of skin, scleral icterus, icteric sclerae, yellow discoloration; ascites: abdominal
fluid, shifting dullness, ascitic; dark urine: tea-coloured urine, cola-coloured urine, brown urine; pale stools:
clay-coloured stools, acholic stools, pale stool; pruritus: itch, itching, itchy, pruritic, scratching; spider naevi:
spider angiomas, spider nevi, spider angiomata; palmar erythema; caput medusae; asterixis: flapping tremor, liver
flap; gynaecomastia; abdominal pain: stomach ache, tummy ache, belly pain, stomach pain, abdominal ache, abdominal
discomfort, tummy pain, abdominal cramps, abdominal cramping, cramping abdominal pain, colicky abdominal pain, abdo
pain, stomach cramps; right lower quadrant pain: right iliac fossa pain, RIF pain, RLQ pain, pain in right iliac
fossa, pain in right lower quadrant, RIF tenderness, RLQ tenderness, right lower quadrant tenderness, right iliac
fossa tenderness, tender in right iliac fossa, tenderness in right iliac fossa, tenderness at McBurney point, McBurney
point tenderness, McBurney tenderness, right lower abdominal pain, tenderness in right lower quadrant; left lower
quadrant pain: left iliac fossa pain, LIF pain, LLQ pain, pain in left iliac fossa, pain in left lower quadrant, LLQ
tenderness, left lower quadrant tenderness, left iliac fossa tenderness, LIF tenderness; right upper quadrant pain:
RUQ pain, right hypochondrial pain, RUQ tenderness, right upper quadrant tenderness, pain in right upper quadrant,
right upper abdominal pain, right hypochondrium pain; left upper quadrant pain: LUQ pain; epigastric pain: epigastric
tenderness, pain in epigastrium, epigastric discomfort, upper abdominal pain; periumbilical pain: umbilical pain, pain
around umbilicus, central abdominal pain; abdominal tenderness: tender abdomen, abdomen tender; guarding: involuntary
guarding, abdominal guarding; rebound tenderness: rebound, peritonism; abdominal rigidity: rigid abdomen, board-like
abdomen; Murphy's sign: positive Murphy's sign, Murphy sign positive; Rovsing's sign; psoas sign; pain radiating to
back: radiating to back, radiates to back, radiated to back, boring through to back, radiation to back, going through
to back; abdominal distension: distended abdomen, bloating, bloated, abdominal bloating, abdominal distention,
abdominal swelling, swollen abdomen, distended belly; abdominal mass: palpable abdominal mass, mass in abdomen;
sausage-shaped mass: sausage-shaped abdominal mass; olive-shaped mass: olive-sized mass, palpable olive; nausea:
nauseated, nauseous, feeling sick, queasy; vomiting: vomited, emesis, vomits, throwing up, being sick, vomit, N&V;
bilious vomiting: green vomit, bile-stained vomit, bile-stained vomiting; projectile vomiting: forceful vomiting,
vomits forcefully; haematemesis: vomiting blood, blood in vomit, coffee-ground vomit, coffee-ground emesis, vomited
blood, coffee-ground vomiting; melaena: black stools, tarry stools, black tarry stools, melaenic stools, tarry black
stools, black stool; rectal bleeding: haematochezia, PR bleeding, blood in stool, blood in stools, bloody stools,
bright red blood per rectum, BRBPR, blood per rectum, blood PR, bleeding per rectum, bloody stool; redcurrant jelly
stool: currant jelly stool; diarrhoea: loose stools, watery stools, loose motions, frequent stools, watery diarrhoea,
loose stool, frequent loose stools; bloody diarrhoea: dysentery, diarrhoea with blood, diarrhoea mixed with blood,
bloody loose stools, diarrhoea with blood and mucus; steatorrhoea: fatty stools, greasy stools, pale bulky stools,
foul-smelling stools, bulky stools; constipation: constipated, obstipation, infrequent stools, no bowel motion;
tenesmus: rectal urgency; faecal incontinence; change in bowel habit: altered bowel habit, change of bowel habit;
dysphagia: difficulty swallowing, trouble swallowing, food sticking, difficulty in swallowing; odynophagia: painful
swallowing, pain on swallowing; heartburn: acid regurgitation, pyrosis, regurgitation, acid indigestion; dyspepsia:
indigestion; hiccups: hiccough; hoarseness: hoarse, hoarse voice, dysphonia, change in voice, voice change; drooling:
drools; sore throat: throat pain, pharyngeal pain, throat soreness, painful throat; tonsillar exudate: exudative
tonsils, tonsillar exudates, exudate on tonsils, pus on tonsils; palatal petechiae; rhinorrhoea: runny nose, nasal
discharge, coryza, coryzal; nasal congestion: blocked nose, stuffy nose; sneezing; epistaxis: nosebleed, nose bleed,
bleeding from nose; anosmia: loss of smell; ageusia: loss of taste; ear pain: otalgia, earache; otorrhoea: ear
discharge, discharge from ear; hearing loss: reduced hearing, deafness, hard of hearing, deaf; tinnitus: ringing in
ears, ringing in ear; vertigo: room spinning, spinning sensation; dizziness: dizzy, giddiness, giddy; facial pain:
sinus pain; jaw pain; jaw claudication: jaw pain on chewing, pain on chewing, pain in jaw on chewing; scalp
tenderness: tender scalp; strawberry tongue: red tongue, raspberry tongue; cracked lips: fissured lips, red cracked
lips, red lips, dry cracked lips; mouth ulcers: oral ulcers, aphthous ulcers, oral ulceration, mouth ulcer, aphthous
ulcer; genital ulcers: genital ulceration; oral thrush: white plaques in mouth; gum bleeding: bleeding gums, bleeding
from gums; gum hypertrophy: gingival hyperplasia; halitosis; toothache; headache: cephalgia, head pain, headaches;
thunderclap headache: worst headache of life, worst headache of her life, worst headache of his life, worst headache
ever, sudden severe headache, sudden-onset severe headache, explosive headache; temporal headache: headache over
temple, headache at temple; morning headache; neck stiffness: stiff neck, nuchal rigidity, meningism, meningismus;
photophobia: sensitivity to light, light sensitivity, light hurts, dislike of light; phonophobia; Kernig's sign:
positive Kernig's sign; Brudzinski's sign; confusion: confused, disoriented, disorientation, altered mental status,
AMS, altered mentation, acute confusion, muddled; drowsiness: drowsy, somnolence, somnolent, sleepy, obtunded, reduced
consciousness, reduced level of consciousness, decreased level of consciousness, stuporous, altered consciousness;
coma: comatose, unresponsive, unconscious; agitation: agitated, restless, restlessness; hallucinations: hallucinating,
visual hallucinations, auditory hallucinations, hearing voices, seeing things; delusions: delusional, paranoid ideas,
paranoid delusions; memory loss: forgetfulness, forgetful, poor memory, memory impairment, short-term memory loss,
amnesia; cognitive decline: cognitive impairment; insomnia: poor sleep, difficulty sleeping, sleeplessness, unable to
sleep; low mood: depressed mood, feeling low, tearful; anhedonia: loss of interest; suicidal ideation: suicidal
thoughts, suicidal; anxiety: anxious, nervousness, nervous; elevated mood: euphoria, pressured speech; seizure: fit,
convulsion, convulsing, convulsed, seizing, fitting, fits, generalised tonic-clonic seizure, tonic-clonic seizure,
GTCS, focal seizure, jerking of limbs; infantile spasms: clusters of spasms; tremor: shaking hands, trembling,
tremulous, tremulousness, shaky; resting tremor: rest tremor, pill-rolling tremor, tremor at rest; bradykinesia:
slowness of movement, slow movements, slowed movements; cogwheel rigidity: limb rigidity, lead-pipe rigidity;
rigidity: muscle rigidity, rigid; shuffling gait: festinant gait, short-stepped gait, festinating gait; hypomimia:
masked facies, mask-like face, expressionless face; postural instability; micrographia: small handwriting; chorea:
choreiform movements, choreic movements; dystonia; myoclonus: myoclonic jerks; tics; ataxia: ataxic, unsteady gait,
unsteadiness, unsteady, gait instability, ataxic gait, incoordination, unsteady on feet; fall: recurrent falls,
falling; gait disturbance: difficulty walking, abnormal gait, trouble walking; limp: limping; refusal to walk:
refusing to walk, will not bear weight, unable to bear weight, refusal to bear weight; nystagmus; diplopia: double
vision; blurred vision: blurry vision, visual blurring, hazy vision; visual loss: loss of vision, vision loss, lost
vision, blindness, blind, reduced vision, decreased vision, reduced visual acuity, decreased visual acuity, transient
visual loss; amaurosis fugax; visual field defect: hemianopia, homonymous hemianopia, bitemporal hemianopia, field
defect; scotoma: flashing lights, visual aura, zigzag lines; eye pain: ocular pain, painful eye, pain in eye, pain
behind eye, pain on eye movement, pain with eye movements; red eye: conjunctival injection, red eyes, conjunctival
redness, injected conjunctivae, conjunctival hyperaemia, bloodshot eyes; eye discharge: discharge from eye; dry eyes:
gritty eyes, xerophthalmia; ptosis: drooping eyelid, droopy eyelids, drooping eyelids, droopy eyelid; papilloedema:
swollen optic discs, swollen disc, optic disc swelling, swollen discs, disc swelling; proptosis: exophthalmos, bulging
eyes, prominent eyes; lid lag; leukocoria: white pupil, white reflex; miosis; mydriasis: dilated pupils, dilated
pupil; relative afferent pupillary defect: RAPD; facial droop: facial weakness, drooping face, face droop, facial
palsy, facial asymmetry, drooping of mouth; dysarthria: slurred speech, slurring, slurring of speech; aphasia:
dysphasia, word-finding difficulty, expressive aphasia, unable to speak; hemiparesis: hemiplegia, one-sided weakness,
left-sided weakness, right-sided weakness, unilateral weakness, weakness of one side, left hemiparesis, right
hemiparesis, weakness on left side, weakness on right side; paraparesis: paraplegia; limb weakness: leg weakness, arm
weakness, weakness in legs, weakness of legs, weak legs, weak limbs, weakness of left arm, weakness of right arm;
ascending weakness: ascending paralysis; flaccid paralysis; foot drop; proximal muscle weakness: proximal weakness,
difficulty climbing stairs, difficulty rising from chair; fatigable weakness: fatigability, fatiguable weakness;
muscle wasting: muscle atrophy, wasting; fasciculations: muscle twitching; spasticity: spastic, increased tone;
hypotonia: low tone, reduced tone; hyperreflexia: brisk reflexes, hyperreflexic; areflexia: absent reflexes,
hyporeflexia, absent tendon reflexes, reflexes absent, diminished reflexes, loss of reflexes; clonus; extensor plantar
response: upgoing plantars, Babinski sign, positive Babinski, upgoing plantar; paraesthesia: tingling, pins and
needles; numbness: sensory loss, loss of sensation, reduced sensation, decreased sensation, numb, hypoaesthesia;
saddle anaesthesia; neuropathic pain: burning pain, shooting pain, burning feet; sciatica: radicular pain, pain
radiating down leg; back pain: lumbago, low back pain, LBP, backache, lower back pain, lumbar pain, inflammatory back
pain; neck pain; urinary incontinence: incontinence, incontinent; urinary retention: unable to pass urine, retention
of urine; erectile dysfunction: impotence; joint pain: arthralgia, painful joints, aching joints, joint aches, painful
joint, arthralgias; joint swelling: swollen joints, swollen joint, joint effusion, swollen knee, swelling of joints,
synovitis; morning stiffness: early morning stiffness, EMS, stiffness in morning, stiff in mornings; joint stiffness:
stiff joints, stiffness; podagra: pain in big toe, swollen big toe, painful big toe, red hot big toe, first
metatarsophalangeal joint pain, pain in great toe; tophi: tophus; myalgia: muscle pain, muscle aches, muscle ache,
aching muscles, body aches, body ache, aches and pains, muscle soreness; muscle cramps: cramps, leg cramps; bone pain:
skeletal pain; shoulder girdle pain: shoulder girdle stiffness, pain and stiffness in shoulders, shoulder stiffness;
claudication: intermittent claudication, leg pain on walking, calf pain on walking; leg pain: limb pain, pain in legs;
flank pain: loin pain, costovertebral angle tenderness, CVA tenderness, renal angle tenderness, loin tenderness, pain
in loin, loin to groin pain, renal colic, flank tenderness; pelvic pain: lower abdominal pain, suprapubic pain,
suprapubic tenderness; groin pain; clubbing: finger clubbing, digital clubbing; Raynaud's phenomenon: Raynaud, fingers
turn white in cold, white fingers in cold; sclerodactyly: tight skin, skin thickening; nail pitting; splinter
haemorrhages: splinter haemorrhage; Janeway lesions; Osler's nodes; subcutaneous nodules: rheumatoid nodules; dysuria:
burning on urination, painful urination, pain on passing urine, stinging on passing urine, burning micturition, pain
passing urine; urinary frequency: frequency of urine, frequent urination, frequency of micturition, frequency; urinary
urgency: urgency; haematuria: blood in urine, bloody urine, red urine, macroscopic haematuria, gross haematuria,
microscopic haematuria, visible haematuria, blood on dipstick; proteinuria: protein in urine, nephrotic-range
proteinuria, albuminuria, heavy proteinuria; frothy urine: foamy urine; oliguria: reduced urine output, low urine
output, oliguric, decreased urine output; anuria: anuric; pyuria: white cells in urine; nitrites in urine: positive
nitrites, nitrite positive; glycosuria: glucose in urine; ketonuria: ketones in urine, urinary ketones; urethral
discharge: penile discharge; vaginal discharge; vaginal bleeding: PV bleeding, bleeding PV; menorrhagia: heavy
periods, heavy menstrual bleeding, heavy menses; amenorrhoea: absent periods, missed period, missed periods, no
periods; oligomenorrhoea: irregular periods, irregular menses, infrequent periods; dysmenorrhoea: painful periods;
dyspareunia; postmenopausal bleeding: PMB; adnexal tenderness: adnexal mass; cervical motion tenderness: cervical
excitation; testicular pain: scrotal pain, testis pain, painful testicle; testicular swelling: scrotal swelling,
testicular mass; reduced fetal movements; uterine tenderness; galactorrhoea; breast lump: breast mass, lump in breast;
nipple discharge; hirsutism: excess hair growth, excess facial hair; infertility: subfertility; rash: skin eruption,
exanthem, skin rash, eruption, skin lesions; maculopapular rash: morbilliform rash; vesicular rash: vesicles,
blisters, vesicular lesions, blistering; urticaria: hives, wheals, nettle rash, urticarial rash; purpura: palpable
purpura, purpuric rash, purpuric lesions, non-blanching rash; petechiae: petechial rash; bruising: ecchymosis, easy
bruising, bruises, bruised easily, bruises easily, ecchymoses; malar rash: butterfly rash, rash over cheeks, facial
rash over cheeks; photosensitivity: photosensitive rash; erythema nodosum: tender nodules on shins, tender shin
nodules, tender red nodules; erythema migrans: bull's-eye rash, target lesion, expanding annular rash, expanding red
rash, target-like rash; erythema: redness, red skin, erythematous; desquamation: peeling skin, skin peeling, peeling
of fingers, peeling fingertips, peeling of fingertips; livedo reticularis; alopecia: hair loss, losing hair, thinning
hair; dry skin: xerosis, coarse skin; skin ulcer: leg ulcer, foot ulcer; eschar; hyperpigmentation: skin darkening,
tanned skin, darkening of skin, pigmented palmar creases, buccal pigmentation, bronzed skin, skin pigmentation; purple
striae: striae, abdominal striae; moon face: round face, cushingoid; buffalo hump: dorsocervical fat pad; acanthosis
nigricans; xanthelasma: xanthoma, tendon xanthomas; heliotrope rash; Gottron's papules; pallid patches: vitiligo;
scaly plaques: silvery plaques, scaly rash; goitre: enlarged thyroid, thyroid enlargement, thyroid swelling, neck
swelling; thyroid nodule; neck mass: neck lump, lump in neck; mass: lump, palpable mass; bleeding: haemorrhage,
bleeding tendency; thrombosis: clot; pulmonary infiltrates: infiltrates, lung infiltrates, infiltrate, pulmonary
infiltrate, bilateral infiltrates; consolidation: lobar consolidation, air-space opacity, lung consolidation, airspace
opacity; ground-glass opacities: ground-glass opacity, ground glass changes, ground-glass change; cavitation:
cavitating lesion, cavity, cavitary lesion, cavitary lesions; lung nodule: pulmonary nodule, pulmonary nodules; lung
mass: pulmonary mass; bronchial breathing: bronchial breath sounds; reduced breath sounds: decreased breath sounds,
absent breath sounds, diminished breath sounds; hyperresonance: hyperresonant percussion; dullness to percussion: dull
percussion; cardiomegaly: enlarged heart; ST elevation: ST-segment elevation, elevated ST segments; ST depression:
ST-segment depression; T wave inversion: inverted T waves; QT prolongation: prolonged QT, long QT; coronary artery
aneurysm: coronary aneurysms, coronary artery dilation, coronary artery aneurysms, dilated coronary arteries, coronary
aneurysm; free air under diaphragm: pneumoperitoneum; air-fluid levels: dilated bowel loops; gallstones:
cholelithiasis; hydronephrosis; oligoclonal bands; periventricular lesions: white matter lesions, periventricular
plaques, demyelinating lesions; xanthochromia; heavy smoking: smoker, smoking, cigarette smoking, tobacco use, pack
years, smokes; alcohol misuse: alcohol abuse, alcohol excess, heavy drinking, alcoholism, alcoholic, heavy alcohol
use, alcohol dependence; intravenous drug use: IV drug use, IVDU, injects heroin, injecting drug use; recent travel:
returned from; tick bite: tick exposure; dog bite; insect bite: mosquito bites; trauma: injury, injured; burns;
foreign body; exposure to tuberculosis: TB contact; immobilisation: prolonged immobility, bed rest, long-haul flight,
long flight; recent surgery; pregnancy: pregnant, gravid; prematurity: premature, preterm, born preterm, premature
infant; fruity breath: ketotic breath, acetone breath, breath smells of acetone; Kussmaul breathing: deep sighing
breathing, deep rapid breathing, Kussmaul respiration, deep sighing respiration; pulsus paradoxus; muffled heart
sounds; radiofemoral delay: weak femoral pulses; continuous machinery murmur; cold sores; snoring; daytime sleepiness:
excessive daytime sleepiness; tender temporal artery: temporal artery tenderness, thickened temporal artery, tender
temporal arteries, prominent temporal artery
"""

SITES = """
chest; abdominal: abdomen; back; neck; knee; hip; shoulder; elbow; wrist; ankle; foot: feet; hand; finger; toe; thigh;
calf: calves; arm; leg; joint; flank; loin; pelvic: pelvis; groin; breast; testicular: testicle, testis; scrotal:
scrotum; facial: face; jaw; ear; eye; throat; head; rectal: rectum; perianal; vulval: vulva; vaginal: vagina; heel;
rib; limb; muscle; skin; axillary: axilla, armpit; scalp
"""
"""Where something is felt, as ``adjective: noun``; each goes with each of `LOCAL_FINDINGS`."""

LOCAL_FINDINGS = "pain; swelling; tenderness; mass; weakness; numbness; stiffness; ulcer; redness; discharge"
