"""Words that decide whether a capital begins a name: eponyms, drugs and plain words of notes; first names; places.

All lists were written by hand for this purpose and are small. They are compared in lower case.
"""


def word_set(text: str) -> frozenset[str]:
    """The words of `text`, separated by white space."""
    return frozenset(text.split())


# Persons whose names are medical terms. "Dr. Wilson" is a person all the same: a title overrules this list.
EPONYMS = word_set("""
    abbe achilles adams addison albright allen alport alzheimer amsler angelman apgar argyll arnold asperger auer
    austin babinski baker barlow barr barre barré barrett bartholin basedow beck becker behcet behçet beighton bell
    bence bennett bernard berger bernstein billroth bitot blalock blumberg bowen bowman braden breslow bright broca
    brodie brown bruce brudzinski brugada brunner buerger budd burch burkitt calot campbell castleman chagas charcot
    charlson chediak cheyne chiari child chvostek clark codman colles coombs cooper corrigan cotard courvoisier
    coulter crohn creutzfeldt cullen cushing dandy deauville dix doppler down dressler duchenne duke dupuytren
    ebstein edwards eisenmenger ehlers ehrlich epley epstein erb evans ewing fabry fallopian fallot fanconi felty
    fleischer fitz flint foley fontan fothergill frank friedreich froment gaucher gilbert gilles giemsa glasgow
    gleason glisson goodpasture gordon gottron gowers graham gram graves grawitz grey griess guedel guillain gustilo
    guyon hallpike hamman harris hartmann hashimoto hawkins heberden hegar heimlich heller henle henoch hickman
    hirschsprung his hodgkin hodgkins hoffman hoffmann holter homan homans horner howell huntington hurler
    hutchinson ishihara jakob janeway jarisch jacksonian jones jolly kaposi karnofsky kartagener kawasaki kayser
    kegel keith kelly kerley kernig killip killian klebsiella klinefelter klippel kocher koplik korotkoff korsakoff
    krukenberg kupffer kussmaul lachman lambert lange langerhans langhans lasegue lasègue leber legg leriche lesch
    lewy lichtman liddle lisch lister listeria ludwig lugol lund lyme mallory mallampati marfan marcus markle mayo
    mcburney mcmurray meckel meig meigs meniere ménière merkel michaelis mirizzi mobitz moebius mohs monro
    montgomery morgagni moro morquio morton muller munchausen murphy nelson neer nissen norton norwood ollier
    ortolani osgood osler ottawa paget pancoast papanicolaou parinaud parkinson parkinsons pearson perthes peutz
    peyer peyronie phalen pick pott potter prader prinzmetal purkinje pringle quincke quetelet ramsay ranson rathke
    raynaud raynauds reed reinke reiter rett reye richter ringer ringers rinne risser romberg rorschach ross roth
    roux rovsing rubin russell rumack salter schatzki scheuermann schiller schilling schirmer schmidt schonlein
    schönlein schlatter schober schwann seldinger sengstaken sertoli sever sezary sheehan simmonds sims sjogren
    sjögren skene snellen spurling steinert stensen sternberg stevens still stokes sturge swan ganz sydenham
    takayasu takotsubo tanner tarsal tay sachs tensilon thomas thomsen tinel todd tourette trendelenburg treponema
    troisier trousseau turcot turner unna vasalva valsalva vincent virchow volhard volkmann von hippel lindau
    waldenstrom waldenström waldeyer wallenberg warthin waterhouse weber wegener weil wells wenckebach werner
    wernicke wharton whipple whitaker white wilms wilson winslow wolff wood wright zenker ziehl neelsen zollinger
    ellison parkinsonian danlos thurner weiss hallervorden jeghers gehrig strauss churg sweet schistosoma hurthle
    hürthle kimmelstiel ann arbor zimmer wuchereria geneva hamilton beers barthel katz lawton waterlow
    """)

DRUGS = word_set("""
    advair adderall aleve allegra altace amaryl ambien amoxicillin aspirin atacand ativan atrovent augmentin avandia
    azithromycin bactrim benadryl benicar botox bumex buspar bystolic calcium cardizem catapres celebrex celexa
    cellcept cipro claritin clozaril colace coreg coumadin cozaar crestor cymbalta decadron demerol depakote desyrel
    detrol diflucan dilantin dilaudid diovan ditropan dulcolax effexor elavil eliquis enbrel entresto epipen evista
    exelon fentanyl flagyl flomax flonase florinef flovent fosamax gemfibrozil geodon gleevec glucophage glucotrol
    haldol heparin humalog humira humulin hytrin imdur imitrex imodium inderal insulin januvia jardiance keflex
    keppra klonopin klor lamictal lanoxin lantus lasix levaquin levemir levophed lexapro lipitor lithium lomotil
    lopressor lortab lotensin lovenox lunesta luvox lyrica macrobid maalox medrol metformin micardis miralax mobic
    motrin mucinex namenda naprosyn narcan neurontin nexium niaspan norco normodyne norvasc novolog nystatin
    omeprazole oxycontin pamelor paxil pepcid percocet phenergan plaquenil plavix pradaxa pravachol prednisone
    premarin prevacid prilosec prinivil procardia prograf prolia propecia protonix proventil prozac pulmicort reglan
    remeron remicade requip restoril retrovir risperdal ritalin rituxan robitussin rocephin roxicodone seroquel
    serevent sinemet singulair solu-medrol soma spiriva stelara strattera suboxone symbicort synthroid tegretol
    tenormin thorazine tobradex topamax toprol toradol trazodone tricor tylenol ultram unasyn valium valtrex
    vancomycin vanco vasotec ventolin versed viagra vicodin vistaril warfarin wellbutrin xanax xarelto xeljanz
    xolair yasmin zantac zestril zetia zithromax zocor zofran zoloft zosyn zovirax zyprexa zyrtec pfizer moderna
    astrazeneca ensure pedialyte gatorade abvd ivig keytruda opdivo ozempic trulicity ibuprofen advil
    """)

# Words that begin with a capital in notes (headings, sentence openings, departments) and are never part of a name.
PLAIN = word_set("""
    biba insta bengal
    coli aureus difficile pylori influenzae pneumoniae epidermidis faecalis faecium albicans aeruginosa cloacae
    marcescens escherichia staphylococcus streptococcus pseudomonas enterococcus candida aspergillus salmonella
    shigella campylobacter legionella mycoplasma chlamydia neisseria borrelia helicobacter clostridioides
    clostridium proteus serratia enterobacter mondays tuesdays wednesdays thursdays fridays saturdays sundays a able
    about abdomen abdominal abnormal above absent accepting accession accompanied account active activity acute
    added additional address adm admission admit admitted adult advised afebrile after again age aged ago airway
    alert alive all allergic allergies allergy also although alternate ambulance ambulated ambulatory am an and
    anesthesia anaesthesia angio angiography ankle another answer anterior antibiotics any apex appears appetite
    appointment appt are area arm arrival artery as ask assessment assist assistant associated at ate attended
    attending aunt author available awake aware back balance bank baby basic bath battery bed bedside bee been
    before began below beneficiary benign best between bilateral bilirubin biopsy birth bladder bleed bleeding blood
    board body bone book born both bowel boy brachial brain breast breath breathing breakfast brother brought but by
    call called caller calls came can cancer cannot car card cardiac cardiologist cardiology care carer caregiver
    carotid case cause cell center centre central certificate change changed chart charge check chest chief child
    children chronic claims clear client clinic clinical clinically closing code cold collected colon colonoscopy
    comfortable comments complains complaint complete completed complications condition confirmed confused
    congestive consent consult consultant consultation consults contact continue continued continues control copy
    cor cord coronary cough could course cousin cranial creatinine critical culture cultures current currently ct
    cytology dad daily dana date daughter day days dear death deceased deep degree delivery denied denies dental
    department deputy dermatology described describes device diabetes diabetic diagnosed diagnosis diagnostic
    diarrhea diastolic dictated did died diet disability discharge discharged discussed disease disposition district
    do doctor document does doing done dose draining drainage dressing drive driver drug drugs due during dx dyspnea
    each ear early echo echocardiogram ed edema education elderly elective electronic electronically emergency
    employer end endocrine endocrinology endoscopy english entered er especially estimated evaluated evaluation
    evening every exam examination examined except expired extremities eye eyes facility failed failure fair
    faithfully fall family fast fasting father fax feels feet female fetal fever few fiance fields final findings
    fine first five fluid fluids focal follow followed following for foot former formerly found four fracture frame
    free frequent friday friend from full function fundal further gait gastroenterology gave general generalised
    generalized genetics geriatrics geriatric girl give given glucose gp good gradually grade grandfather
    grandmother grandson granddaughter gross group growth guardian gynecology had hair hand has have having he head
    health hearing heart height help hematology haematology haematologist hemoglobin hence hepatic hepatitis her
    here hi hello hernia hers high highly him hip his history hold home hopefully hospital hospice hour hours house
    household how however husband hx hypertension hypertensive i id identified if imaging immediate immunisations
    immunizations implant impression improved improving in inc incision include includes including income increased
    independent indication indications inpatient infant infection infectious infirmary initial injury instructions
    insurance insurer intact intake intensive interim internal interpreter interval into intubated investigations is
    issues it its january february march april june july august september october november december jan feb mar apr
    jun jul aug sep sept oct nov dec job just kidney kidneys kind knee known lab laboratory labs lady landlord large
    last lateral later left leg legs letter level liver live lives living local location long low lower lumbar lumen
    lunch lung lungs lymph mac made mail main major male man management manager many margin mass maternal may me med
    medial medicaid medical medically medicare medication medications medicine meds member memory mental message met
    mid mild minor miss mobile model moderate mom mon monday monitor monitored monitoring month months more morning
    most mother motor mouth moved mr mri mrs ms much mum multiple muscle my name named nasal national native natural
    nausea near neck need needs negative neighbor neighbour neonatal nephew nephrology nerve neuro neurological
    neurologist neurology neurosurgery never new next nhs niece night no nodes nok non none normal normally north
    not note noted notes nothing notified now npo number nurse nurses nursing nutrition obese observed obstetrics
    occasional occupation occupational of off office old older on once oncologist oncology one only onset open
    operation operative ophthalmology or oral ordered orders oriented orthopaedics orthopedics orthopedic other our
    out outpatient over overall overnight own oxygen paged pain painful palliative palpable paediatrics parents part
    partner past pathologist pathology patient patients pcp pediatric pediatrics pediatrician pelvic pelvis per
    performed perhaps peripheral pet pharmacist pharmacy phone photo physical physician placed plan planned plans
    plastic platelets please plus police policy poor portable positive possible post posterior potassium pre
    pregnancy preop postop present presented presenting presents pressure previous previously primary prior privacy
    probable problem problems procedure procedures professor program progress prophylaxis protein provider providers
    psych psychiatric psychiatry psychology pt pts pulmonary pulse pulses pulled pump radiation radiology ran range
    rash rate re reason received recent recently recommend recommendation recommendations recommended record
    recurrent red reference referral referred referring refill refills reflexes reg regarding regards regional
    regular rehab rehabilitation related relative release remained remains remote renal repeat replaced report
    reported reporting reports request requested residence resident resolved respiratory respirations responded
    results resting return returned review reviewed rheumatology rhythm rib right risk rn role room roommate routine
    running said same sample saturday saturation saw say says scan scheduled school scores screen screening second
    secondary secretary section see seen sees sensation sensory sent sepsis serial serum services service severe
    severity sex she short shortness should shoulder side signature signed significant signs similar since sincerely
    single sister site six size skin sleep slight slow small smoker smokes smoking so social sodium soft some son
    soon sounds south speech spent spinal spine spleen spoke sputum stable staff stage started starting state stated
    states status still stomach stool stopped street stroke strength strong student study subject subjective
    objective successful such sudden suite summary sunday supervised supine supplied support surgeon surgery
    surgical suspected swallow swelling symptoms system systems systolic t take taken takes taking team technique
    telemetry telephone temp temperature ten tender tenderness term test tests than thank thanks that the their them
    then therapy there therefore these they third this thorax those three throat through thursday thyroid time times
    tissue to today together tolerated tolerating tomorrow took total toxicology tracheal transfer transferred
    transplant trauma treated treatment trial trigger tube tuesday tumor tumour two type ultrasound uncle under
    unable unchanged underwent unit universal unknown unlikely unremarkable until up upon upper ureter urgent
    urinary urine urology us usa use used uses usual vaccine vaccines vaginal vascular vehicle vein ventricular very
    via vision visit visited visiting vital vitals vomiting wall want wants war ward was we weak weakness wednesday
    week weekly weeks weight well went were west wet what when where which while who whom whose widow wife will wish
    wishes with within without woman work worker working works would wound wounds writer written wrote x year years
    yes yesterday yet you your yours zero anemia anaemia asthma ataxia attack autism bronchitis copd dementia
    depression epilepsy gout headache insomnia lupus lymphoma melanoma migraine obesity osteoporosis palsy pneumonia
    psoriasis sarcoma sarcoidosis scoliosis seizure seizures shock sinus syndrome syphilis tremor tuberculosis ulcer
    vertigo icu micu sicu nicu picu ccu opd pacu iv im sc sq po pr bid tid qid qd prn hs ac pc stat nkda cva tia mi
    cad chf dm htn ckd esrd gerd uti ards dr drs prof mrn ssn vin npi dea gmc clia udi bp hr rr wbc rbc hgb hct plt
    bun na cl gcs vs ros hpi pmh psh fh sh pe ekg ecg eeg emg csf lp cxr kub mra dvt vte dnr dni pap subj obj soap
    adl adls bmi lmp gpa tpal edd fhr apgars cc ref dob dos md np pa phd hiv aids covid hcv hbv mrsa afib vt vf svt
    icd ef lvef american african asian british caucasian chinese french german hispanic indian irish italian jewish
    mexican muslim christian catholic latin latino latina european canadian japanese korean polish portuguese
    russian scottish somali spanish swedish turkish vietnamese welsh arabic hindi urdu black internet google
    facebook zoom whatsapp skype instagram mychart epic honda ford toyota tesla tel mob cell uhid umrn aadhaar
    mediclaim dispo appt appts thurs weds wed tue tues thu fri sat sun alk phos seg mono inj tab tabs cap caps syr
    susp roman coll rec recd collected maam ye yr wk mth yday yest tmrw ausc resp neuro psych ophtho ortho gyn obs
    uro gastro derm endo onc heme haem micro biochem cardio nephro pulm surg anes anaes rheum vasc peds paeds geri
    ent rehab physio orient nad nkda nka lcsw faan ffp prbc norad remi roc prop mets abx thanksgiving easter weekend
    weekends bedrest wnl loc abd nontender nondistended normocephalic atraumatic imei udi twin genetic hosp dest
    callback glf handover list sheet cert crew visia trop wellens rover polo traveller counselled registered
    solicitor dtr incident facesheet empty printed heent ncat perrla eomi mmm perl coroner turnstile temp pulse sats
    spo ext exts gen skin cv gi gu msk lymph
    """)

# Words after a name that show it to be an eponym: "Wilson disease".
TERM_HEADS = word_set("""
    disease diseases dz syndrome syndromes sign signs test tests score scores scale scales criteria criterion
    lymphoma lymphomas tumor tumour carcinoma sarcoma palsy chorea ataxia dementia thyroiditis esophagus oesophagus
    catheter catheters tube line drain procedure operation manoeuvre maneuver fracture fractures contracture gland
    glands node nodes body bodies cell cells cyst hernia murmur pulse reflex reflexes phenomenon colitis ileitis
    anemia anaemia purpura arteritis vasculitis macroglobulinemia ulcer ulcers ring rings nodule nodules lesion
    lesions spots spot stain positive negative lactate solution index classification grade stage level levels point
    tenderness protein joint foot habitus encephalopathy aphasia virus fever traits pattern repair bypass incision
    approach triangle exponent view angle patch classical tremor tremors gait ophthalmopathy crisis deformity
    diverticulum duct canal ligament tendon loop bundle fibers fibres lacunae frame boot prosthesis collar splint
    stocking stockings bandage forceps retractor clamp needle tetralogy malformation anomaly atrophy dystrophy
    neuropathy nephropathy cardiomyopathy myopathy osteodystrophy vaccine insulin pneumonia rods nodosum wort zone
    zones triad pentad tetrad block stain staining nuclei chromosome chromosomes hump cup blade needle cannula
    speculum sling brace regimen protocol guidelines consensus rule rules law effect reaction response fascia pouch
    plexus ganglion foramen fissure gyrus agar medium class classes technique method methods formula equation plot
    stent stents graft grafts valve valves prosthesis implant implants screw screws wire wires pin pins mesh drain
    drains monitor sensor diet crystals crystal inclusions granules papules macules striae lines membrane tumours
    tumors bodies cups classifications virus viruses agglutinin antigen antibody antibodies stimulation respiration
    breathing breaths manoeuvres maneuvers position incisions hernias cysts questionnaire inventory assay panel
    strips strip
    """)

# First names that are hardly ever anything else in a note; ambiguous ones (Mark, Grace, Rose, Will, Drew) are left out.
FIRST_NAMES = word_set("""
    aaron abdul abdullah abigail adam adrian adriana agnes ahmed aidan aisha alan albert alejandra alejandro
    alexander alexandra alexis alfred alfredo ali alice alicia alison alyssa amanda amelia amina amir amit amy ana
    anders andre andrea andrew angela anil anita anjali ann anna anne annette anthony anton antonio arjun armando
    arnav arthur arturo ashley ashok audrey ayesha barbara barry beatrice beatriz becky ben benjamin bernadette
    bernard bertha beth betty beverly bianca bobby brad bradley brandi brandon brenda brian bridget bruce bryan
    caitlin calvin camille candice carl carla carlos carlton carmen carol caroline carolyn cassandra catherine
    cecilia cedric chad chantal charles charlotte chelsea cheryl chloe chris christina christine christopher cindy
    claire clara claude claudia clifford clint colin connie conor corey courtney craig curtis cynthia dana daniel
    danielle danny darlene darnell darren darryl david deborah debra deepak delores denis denise dennis derek
    derrick devon diana diane diego dmitri dolores dominic donald donna doreen doris dorothy douglas duncan dustin
    dwayne dylan earl eddie edgar edith edna eduard eduardo edward edwin eileen elaine eleanor elena elizabeth ella
    ellen elsie elvira emilio emily emma enrique eric erica erik erin ernest ernesto esmeralda esther ethan eugene
    eva evan evelyn fatemeh fatima faye felix fernanda fernando fiona florence frances francis francisco fred freda
    frederick gabriel gareth gary gavin geoffrey george gerald geraldine gerard gertrude gilberto gilda giovanni
    giulia gladys glenda gloria goran gordon greg gregory greta guillermo gustavo gwen hamid hannah hans harold
    harriet harry harvey hassan hazel heather hector helen henry herbert hilary hilda horace howard hugh hussein ian
    ibrahim ida ignacio imran inez ingrid irene irma isaac isabel isabella ivan jack jackie jacob jacqueline jamal
    james jamie jane janelle janet janice jared jasmin jason javier jean jeanette jeff jeffrey jenna jennie jennifer
    jenny jeremy jermaine jerome jerry jessica jill jim jimmy joan joanna joaquin jodie joe joel joey johanna john
    johnny jonathan jordan jorge jose joseph josephine joshua josie josé joy joyce juan juana juanita judith judy
    julia julian julie julio justin karen karim karl kate katherine kathleen kathryn katie kay keisha keith kelly
    kelvin ken kenneth kenny kerry kevin khalid kim kimberly kirk krishna kristen kristina kurt kyle lakshmi lana
    larry latoya laura lauren laurie lawrence leah leila lena leo leon leona leonard leroy leslie lewis liam lillian
    linda lisa lloyd lois lola lorena loretta lorna lorraine louis louise luca lucia lucy luis luke luther lydia
    lynda lynn mabel madison maeve malcolm mandy manuel marcel marcia marco marcus margaret margarita margie maria
    mariam marian mariana marie marilyn marina mario marion marisol marissa marjorie marlene marta martha martin
    martina marvin mary maryam mathew matt matthew maureen maurice mavis max maxine meera megan mehmet melissa
    mercedes mia michael michelle mickey miguel mike milan mildred miriam mitchell mohamed mohammed mohan molly mona
    monica morris muhammad mustafa myra nadia nadine nancy naoko naomi natalie natasha nathan neil nell nelson
    nicholas nick nicola nicolas nicole nigel nikhil nina nita noah noel nora norma norman olga oliver olivia omar
    oscar osman otto owen pablo pamela pat patricia patrick patsy paul paula pauline pearl pedro peggy penny percy
    perry pete peter petra phil philip phillip phyllis pierre polly pradeep preston priya rachel rafael rahul raj
    rajesh ralph ramon ramona randy raquel ravi ray raymond rebecca regina renee rhonda ricardo richard rita robbie
    robert roberta roberto robyn rodney rodrigo roger roland ron ronald ronnie rosa rosalie rosario rosemary roxanne
    roy ruben rudolph rupert russell ruth ryan sabrina sadie sally salma salvador sam samantha samuel sandra sanjay
    santiago sara sarah saul sean sergio seth shane shannon sharon shaun shawn sheila sheryl shirin shirley sidney
    silvia simon simone sofia sonia sophia sophie stan stanley stefan stella stephanie stephen steven stewart stuart
    sunil suresh susan suzanne sylvia tamara tamika tania tanisha tanya tariq tatiana ted teresa terry tessa thelma
    theodore theresa thomas tiffany tim timothy tina toby todd tom tommy toni tony tracy trevor tricia trudy tyler
    valerie vanessa vera vernon veronica vicki victor victoria vijay viktor vincent viola virginia vivek vivian
    wallace walter wanda wayne wendell wendy wilbur wilfred william willie wilma winifred winston xavier yasmin
    yolanda yusuf yvette yvonne zachary zainab zoe zoltan
    """)
AMBIGUOUS_FIRST_NAMES = word_set("""
    alexander ali alice ana ann austin bell ben bernard bruce carol chad charles clint dana devon douglas earl edgar
    eva faye florence francis frank george goran gordon graham gram harris henry howard ida jack jackie james jean
    joe jordan joseph joy karl kay keith kelly ken kim kirk lana leo lewis louis luca madison marcus marina marion
    martin mary max mercedes milan mitchell morris nelson nick noel norma norman olga otto owen pat paul pearl penny
    perry pierre preston ray regina rita ron rosario rupert russell sadie sam sean seth shannon sidney stan stanley
    stella stewart ted thomas tim todd tom tony vera victoria vincent viola virginia wallace wayne willie wright
    xavier zoe
    """)

STATES = word_set("""
    alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho illinois
    indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri
    montana nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia washington
    wisconsin wyoming
    """) | {
    "new hampshire", "new jersey", "new mexico", "new york", "north carolina", "north dakota", "rhode island",
    "south carolina", "south dakota", "west virginia",
}  # fmt: skip
STATE_CODES = word_set("""
    AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR
    PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR
    """)
# Codes of states that are also terms or credentials ("Smith, MD", "PA and lateral"): not enough to make a city.
CLINICAL_STATE_CODES = word_set("""
    AL CO CT DE DC HI ID IN LA MA MD ME MI MO MS MT NE OK OR PA PR SC SD VA VT WA
    """)
COUNTRIES = word_set("""
    afghanistan albania algeria america angola argentina australia austria bangladesh belgium bolivia brazil britain
    bulgaria cambodia cameroon canada chile china colombia congo croatia cuba denmark ecuador egypt england ethiopia
    europe africa asia finland france germany ghana greece guatemala haiti honduras hungary iceland india indonesia
    iran iraq ireland israel italy jamaica japan jordan kenya korea kuwait laos lebanon liberia libya malaysia mali
    mexico morocco mozambique myanmar nepal netherlands nicaragua nigeria norway pakistan panama paraguay peru
    philippines poland portugal romania russia rwanda scotland senegal serbia somalia spain sudan sweden switzerland
    syria taiwan tanzania thailand tunisia turkey uganda uk ukraine uruguay usa venezuela vietnam wales yemen zambia
    zimbabwe andorra antigua armenia azerbaijan bahamas bahrain barbados belarus belize benin bermuda bhutan bosnia
    botswana brunei burkina burma burundi cameroon comoros cyprus czechia dominica eritrea estonia eswatini fiji
    gabon gambia georgia grenada guam guinea guyana herzegovina iraq kazakhstan kiribati kosovo kyrgyzstan latvia
    lesotho lithuania luxembourg macedonia madagascar malawi maldives malta mauritania mauritius micronesia moldova
    monaco mongolia montenegro namibia oman palau palestine qatar samoa scandinavia serbia seychelles singapore
    slovakia slovenia swaziland suriname tajikistan togo tonga trinidad turkmenistan uzbekistan vanuatu ontario
    quebec manitoba saskatchewan alberta newfoundland yukon nunavut queensland tasmania gujarat kerala punjab
    karnataka maharashtra rajasthan bihar odisha assam telangana haryana uttarakhand goa nagaland meghalaya tripura
    manipur mizoram sikkim jharkhand chhattisgarh bavaria saxony hesse tyrol ulster munster leinster connacht
    """)
