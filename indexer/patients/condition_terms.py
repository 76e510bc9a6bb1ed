"""Diseases, as ``term: synonym, synonym; term``, in the notation of `indexer.patients.finding_terms`."""

CONDITIONS = """
hypertension: high blood pressure, HTN, raised blood pressure, hypertensive, arterial hypertension, elevated blood
pressure; pulmonary hypertension; pre-eclampsia: toxaemia of pregnancy; eclampsia; HELLP syndrome: HELLP; myocardial
infarction: heart attack, MI, STEMI, NSTEMI, AMI; acute coronary syndrome: ACS; angina: angina pectoris, stable
angina; unstable angina; coronary artery disease: ischaemic heart disease, CAD, IHD, coronary heart disease, CHD;
heart failure: congestive heart failure, CHF, CCF, cardiac failure, HFrEF, HFpEF, congestive cardiac failure, left
ventricular failure, LVF, decompensated heart failure; cardiomyopathy; dilated cardiomyopathy; hypertrophic
cardiomyopathy: HOCM; takotsubo cardiomyopathy; atrial fibrillation: AF, AFib; atrial flutter; supraventricular
tachycardia: SVT; ventricular tachycardia: VT; ventricular fibrillation: VF; heart block: complete heart block,
atrioventricular block, AV block; bundle branch block: LBBB, RBBB; long QT syndrome; Brugada syndrome;
Wolff-Parkinson-White syndrome: WPW; cardiac arrest; sick sinus syndrome; endocarditis: infective endocarditis,
bacterial endocarditis, SBE; vegetation: valvular vegetation, vegetations; myocarditis; pericarditis: acute
pericarditis; pericardial effusion; cardiac tamponade: tamponade; aortic stenosis; aortic regurgitation: aortic
incompetence; mitral regurgitation: mitral incompetence; mitral stenosis; mitral valve prolapse; tricuspid
regurgitation; rheumatic fever: acute rheumatic fever; rheumatic heart disease; congenital heart disease: congenital
heart defect; ventricular septal defect: VSD; atrial septal defect: ASD; patent ductus arteriosus: PDA; patent foramen
ovale: PFO; tetralogy of Fallot; coarctation of aorta: aortic coarctation; transposition of great arteries; aortic
dissection: dissecting aorta; aortic aneurysm: abdominal aortic aneurysm, AAA; peripheral arterial disease: peripheral
vascular disease, PVD, PAD; limb ischaemia; carotid stenosis; varicose veins; deep vein thrombosis: DVT, deep venous
thrombosis; pulmonary embolism: PE, pulmonary embolus, pulmonary thromboembolism, pulmonary emboli; venous
thromboembolism: VTE; thrombophlebitis; thrombophilia; factor V Leiden; antiphospholipid syndrome; hyperlipidaemia:
hypercholesterolaemia, high cholesterol, dyslipidaemia, raised cholesterol, elevated cholesterol; familial
hypercholesterolaemia; atherosclerosis; asthma: asthmatic, bronchial asthma, acute asthma; asthma exacerbation:
exacerbation of asthma, asthma attack; chronic obstructive pulmonary disease: COPD, chronic obstructive airways
disease, COAD; COPD exacerbation: exacerbation of COPD, acute exacerbation of COPD, AECOPD; emphysema; chronic
bronchitis; bronchiectasis; bronchiolitis; croup: laryngotracheobronchitis; epiglottitis; pneumonia: lower respiratory
tract infection, LRTI, chest infection; community-acquired pneumonia: CAP; hospital-acquired pneumonia: HAP;
aspiration pneumonia; atypical pneumonia; pneumocystis pneumonia: PCP, PJP, Pneumocystis jirovecii; lung abscess;
empyema; pleural effusion: effusion; pneumothorax: collapsed lung; tension pneumothorax; atelectasis: lung collapse;
pulmonary fibrosis: idiopathic pulmonary fibrosis, interstitial lung disease, ILD, IPF; sarcoidosis: sarcoid; cystic
fibrosis; acute respiratory distress syndrome: ARDS; respiratory failure; pulmonary oedema: flash pulmonary oedema;
obstructive sleep apnoea: OSA, sleep apnoea; upper respiratory tract infection: URTI, URI, common cold; influenza:
flu; COVID-19: COVID, SARS-CoV-2, coronavirus infection; pertussis: whooping cough; bronchitis; lung cancer: lung
carcinoma, bronchial carcinoma, bronchogenic carcinoma, NSCLC, carcinoma of lung, non-small cell lung cancer; small
cell lung cancer: SCLC; mesothelioma; pneumoconiosis; asbestosis; silicosis; allergic rhinitis: hay fever; sinusitis;
tuberculosis: TB, tuberculous; pulmonary tuberculosis: pulmonary TB; miliary tuberculosis: miliary TB; tuberculous
meningitis: TB meningitis; latent tuberculosis; leprosy; malaria: falciparum malaria, Plasmodium falciparum, vivax
malaria, Plasmodium vivax, malarial parasites, malaria parasites; dengue: dengue fever; typhoid fever: typhoid,
enteric fever; chikungunya; Zika virus infection; yellow fever; leptospirosis; brucellosis; Q fever; rickettsiosis;
Rocky Mountain spotted fever; Lyme disease: Lyme, borreliosis, Lyme borreliosis; HIV infection: HIV, human
immunodeficiency virus; AIDS; syphilis; gonorrhoea; chlamydia: Chlamydia infection; genital herpes; herpes simplex:
HSV; herpes zoster: shingles; chickenpox: varicella; measles: rubeola; mumps; rubella; parvovirus infection; scarlet
fever: scarlatina; hand foot and mouth disease; roseola; infectious mononucleosis: glandular fever, mono, Epstein-Barr
virus infection, EBV, Epstein-Barr virus; cytomegalovirus infection: CMV; toxoplasmosis; streptococcal pharyngitis:
strep throat, streptococcal tonsillitis; tonsillitis; pharyngitis; peritonsillar abscess: quinsy; otitis media: ear
infection; otitis externa; mastoiditis; meningitis: bacterial meningitis, meningococcal meningitis, pneumococcal
meningitis; viral meningitis: aseptic meningitis; meningococcal disease: meningococcaemia, meningococcal sepsis;
encephalitis; herpes encephalitis; brain abscess; sepsis: septic, septicaemia, urosepsis; septic shock; neonatal
sepsis; bacteraemia; toxic shock syndrome; cellulitis; erysipelas; abscess; necrotising fasciitis; impetigo; scabies;
gas gangrene; tetanus; botulism; rabies; anthrax; diphtheria; poliomyelitis: polio; osteomyelitis; septic arthritis;
discitis; gastroenteritis: viral gastroenteritis, stomach flu; food poisoning; cholera; giardiasis; amoebiasis;
Clostridioides difficile infection: Clostridium difficile, C difficile, C diff; Helicobacter pylori infection: H
pylori, Helicobacter pylori; urinary tract infection: UTI, bladder infection; cystitis; pyelonephritis; prostatitis;
pelvic inflammatory disease: PID; bacterial vaginosis; candidiasis: thrush, candida infection; aspergillosis;
cryptococcal meningitis; histoplasmosis; schistosomiasis; ascariasis; strongyloidiasis; hookworm infection;
trypanosomiasis; leishmaniasis: kala-azar; filariasis; trichinosis; hydatid cyst; Kawasaki disease: mucocutaneous
lymph node syndrome, Kawasaki syndrome; cat-scratch disease; viral infection: viral illness; MRSA infection: MRSA;
diabetes mellitus: diabetes, diabetic, DM; type 1 diabetes: T1DM, type 1 diabetes mellitus, type I diabetes,
insulin-dependent diabetes, juvenile diabetes, IDDM; type 2 diabetes: T2DM, type 2 diabetes mellitus, type II
diabetes, NIDDM, T2D; gestational diabetes; diabetic ketoacidosis: DKA, ketoacidosis; hyperosmolar hyperglycaemic
state: HHS; diabetic neuropathy; diabetic retinopathy; diabetic nephropathy; diabetic foot ulcer; obesity: obese,
overweight, morbid obesity; metabolic syndrome; hypothyroidism: underactive thyroid, myxoedema, hypothyroid;
congenital hypothyroidism; Hashimoto's thyroiditis: Hashimoto thyroiditis; hyperthyroidism: overactive thyroid,
thyrotoxicosis, hyperthyroid, thyrotoxic; Graves' disease: Graves, Graves ophthalmopathy; thyroid storm; thyroid
cancer: thyroid carcinoma; hyperparathyroidism; hypoparathyroidism; adrenal insufficiency: Addison's disease,
hypoadrenalism, Addisonian, adrenal failure; adrenal crisis: Addisonian crisis; Cushing's syndrome: Cushing's disease,
hypercortisolism; hyperaldosteronism: Conn's syndrome; phaeochromocytoma; acromegaly; hypopituitarism; pituitary
adenoma; prolactinoma; diabetes insipidus; SIADH: syndrome of inappropriate antidiuresis; congenital adrenal
hyperplasia; polycystic ovary syndrome: PCOS; growth hormone deficiency; osteoporosis; osteomalacia; rickets; Paget's
disease; vitamin D deficiency; vitamin B12 deficiency: B12 deficiency, cobalamin deficiency; folate deficiency; iron
deficiency; scurvy; pellagra; beriberi; Wernicke encephalopathy; malnutrition; kwashiorkor; gout: gouty arthritis,
acute gout; pseudogout; hypoglycaemia: low blood sugar; hyperglycaemia: high blood sugar; hyponatraemia;
hypernatraemia; hypokalaemia; hyperkalaemia; hypocalcaemia; hypercalcaemia; hypomagnesaemia; hypophosphataemia;
metabolic acidosis: acidosis, acidotic; metabolic alkalosis; lactic acidosis; hyperuricaemia; hypoalbuminaemia:
hypoproteinaemia; hyperbilirubinaemia; uraemia; ketosis; anaemia: anaemic; iron deficiency anaemia: IDA,
iron-deficient anaemia; pernicious anaemia; megaloblastic anaemia; macrocytic anaemia: macrocytosis; microcytic
anaemia: microcytosis; haemolytic anaemia: haemolysis; autoimmune haemolytic anaemia; aplastic anaemia; sickle cell
disease: sickle cell anaemia, HbSS, sickle cell; sickle cell crisis: vaso-occlusive crisis; thalassaemia: beta
thalassaemia; G6PD deficiency; hereditary spherocytosis; polycythaemia: polycythaemia vera; thrombocytopenia: low
platelets, low platelet count; immune thrombocytopenia: ITP, immune thrombocytopenic purpura, idiopathic
thrombocytopenic purpura; thrombotic thrombocytopenic purpura: TTP; haemolytic uraemic syndrome: HUS; disseminated
intravascular coagulation: DIC; haemophilia: haemophilia A; von Willebrand disease; thrombocytosis; neutropenia:
neutropenic, agranulocytosis; febrile neutropenia: neutropenic fever, neutropenic sepsis; pancytopenia; leukocytosis:
raised white cell count, elevated white count, raised white cells; leukopenia; lymphopenia; lymphocytosis: atypical
lymphocytes, atypical lymphocytosis; eosinophilia; neutrophilia; leukaemia; acute lymphoblastic leukaemia: ALL, acute
lymphocytic leukaemia; acute myeloid leukaemia: AML; chronic lymphocytic leukaemia: CLL; chronic myeloid leukaemia:
CML; lymphoma; Hodgkin lymphoma: Hodgkin's disease; non-Hodgkin lymphoma: NHL; Burkitt lymphoma; multiple myeloma:
myeloma; myelodysplastic syndrome; monoclonal gammopathy: MGUS, paraprotein; amyloidosis; haemochromatosis; porphyria:
acute intermittent porphyria; haemophagocytic lymphohistiocytosis: HLH; blasts: circulating blasts, blast cells;
cancer: malignancy, carcinoma, malignant tumour, malignant; tumour: neoplasm; metastasis: metastatic disease,
metastatic, secondary deposits; breast cancer: breast carcinoma, carcinoma of breast; colorectal cancer: colon cancer,
bowel cancer, rectal cancer, colonic carcinoma, colon carcinoma; gastric cancer: stomach cancer, gastric carcinoma;
oesophageal cancer: oesophageal carcinoma; pancreatic cancer: pancreatic carcinoma; hepatocellular carcinoma: HCC,
liver cancer; cholangiocarcinoma; renal cell carcinoma: kidney cancer; bladder cancer; prostate cancer: prostate
carcinoma; testicular cancer; ovarian cancer; cervical cancer; endometrial cancer; brain tumour; glioblastoma; glioma;
meningioma; medulloblastoma; neuroblastoma; Wilms tumour: nephroblastoma; retinoblastoma; melanoma; basal cell
carcinoma; squamous cell carcinoma; sarcoma; osteosarcoma; Ewing sarcoma; carcinoid syndrome; head and neck cancer;
tumour lysis syndrome; spinal cord compression: cord compression; superior vena cava obstruction: SVC obstruction;
appendicitis: acute appendicitis, inflamed appendix; perforated appendix; diverticulitis; diverticulosis: diverticular
disease; cholecystitis: acute cholecystitis; cholangitis; primary biliary cholangitis; primary sclerosing cholangitis;
biliary colic; choledocholithiasis; pancreatitis: acute pancreatitis; chronic pancreatitis; peptic ulcer disease:
peptic ulcer, PUD, stomach ulcer; duodenal ulcer; gastric ulcer; gastritis; gastro-oesophageal reflux disease: GORD,
GERD, acid reflux; oesophagitis; Barrett's oesophagus; hiatus hernia: hiatal hernia; achalasia; oesophageal varices:
varices; Mallory-Weiss tear; gastrointestinal bleeding: GI bleed, gastrointestinal haemorrhage, GI bleeding, upper GI
bleed, lower GI bleed; perforated viscus: bowel perforation, perforation; peritonitis; bowel obstruction: intestinal
obstruction, small bowel obstruction, SBO; ileus; volvulus: midgut volvulus, malrotation; intussusception; pyloric
stenosis: hypertrophic pyloric stenosis; mesenteric ischaemia: ischaemic bowel; ischaemic colitis; colitis; Crohn's
disease: Crohn, Crohn disease, regional enteritis; ulcerative colitis: UC; inflammatory bowel disease: IBD; irritable
bowel syndrome: IBS, irritable bowel; coeliac disease: gluten-sensitive enteropathy, coeliac sprue, celiac disease;
lactose intolerance; Hirschsprung disease; Meckel's diverticulum; necrotising enterocolitis; biliary atresia; hernia:
inguinal hernia; haemorrhoids: piles; anal fissure; anal fistula; cirrhosis: liver cirrhosis, cirrhotic; hepatitis;
viral hepatitis; hepatitis A; hepatitis B: HBV; hepatitis C: HCV; alcoholic hepatitis; autoimmune hepatitis; fatty
liver disease: NAFLD, hepatic steatosis, fatty liver; liver failure: hepatic failure, acute liver failure; hepatic
encephalopathy; portal hypertension; spontaneous bacterial peritonitis: SBP; hepatorenal syndrome; liver abscess;
Wilson's disease; alpha-1 antitrypsin deficiency; Budd-Chiari syndrome; Gilbert's syndrome; neonatal jaundice; acute
kidney injury: AKI, acute renal failure, ARF; chronic kidney disease: CKD, chronic renal failure, chronic renal
insufficiency; end-stage renal disease: ESRD, ESRF; nephrotic syndrome: nephrosis; minimal change disease; membranous
nephropathy; nephritic syndrome; glomerulonephritis: acute glomerulonephritis; post-streptococcal glomerulonephritis:
poststreptococcal glomerulonephritis, PSGN; IgA nephropathy: Berger's disease; lupus nephritis; interstitial
nephritis; polycystic kidney disease: ADPKD, polycystic kidneys; renal artery stenosis; kidney stones: renal stones,
nephrolithiasis, renal calculi, urolithiasis, ureteric stone, ureteral stone, kidney stone, ureteric calculus; benign
prostatic hyperplasia: BPH; vesicoureteric reflux; testicular torsion; epididymitis; orchitis; rhabdomyolysis; renal
tubular acidosis; stroke: cerebrovascular accident, CVA, cerebral infarction, ischaemic stroke, cerebral infarct,
brain infarct; transient ischaemic attack: TIA, mini-stroke; intracerebral haemorrhage: haemorrhagic stroke, brain
haemorrhage; subarachnoid haemorrhage: SAH, subarachnoid bleed, subarachnoid blood, blood in subarachnoid space;
cerebral aneurysm: berry aneurysm, intracranial aneurysm; subdural haematoma: SDH, subdural haemorrhage; extradural
haematoma: epidural haematoma; cerebral venous sinus thrombosis: CVST; raised intracranial pressure: idiopathic
intracranial hypertension, elevated intracranial pressure; hydrocephalus: ventriculomegaly; normal pressure
hydrocephalus; epilepsy: epileptic; status epilepticus; febrile convulsion: febrile seizure; migraine: migraine with
aura, migrainous headache, migraines; cluster headache; tension headache: tension-type headache; trigeminal neuralgia;
Bell's palsy; Parkinson's disease: idiopathic Parkinson's disease, parkinsonism, Parkinsonian; Lewy body dementia:
dementia with Lewy bodies; Alzheimer's disease: Alzheimer; dementia; vascular dementia; Huntington's disease;
essential tremor; multiple sclerosis: MS, demyelination, relapsing-remitting multiple sclerosis; optic neuritis;
neuromyelitis optica; transverse myelitis; motor neurone disease: amyotrophic lateral sclerosis, ALS, motor neuron
disease; Guillain-Barré syndrome: GBS, Guillain-Barre syndrome, acute inflammatory demyelinating polyneuropathy;
myasthenia gravis: myasthenia; Lambert-Eaton syndrome; peripheral neuropathy: polyneuropathy, neuropathy; carpal
tunnel syndrome; cauda equina syndrome; spinal stenosis; radiculopathy; disc prolapse: herniated disc, slipped disc;
muscular dystrophy: Duchenne muscular dystrophy; spinal muscular atrophy; cerebral palsy; spina bifida;
neurofibromatosis; tuberous sclerosis; concussion: head injury, traumatic brain injury; delirium; Creutzfeldt-Jakob
disease; benign paroxysmal positional vertigo: BPPV; Meniere's disease; narcolepsy; restless legs syndrome; vasovagal
syncope; depression: depressive disorder, major depressive disorder, depressive episode; bipolar disorder: mania,
manic episode; schizophrenia; psychosis: psychotic; anxiety disorder: generalised anxiety disorder; panic disorder:
panic attacks, panic attack; post-traumatic stress disorder: PTSD; anorexia nervosa; bulimia; autism: autism spectrum
disorder; attention deficit hyperactivity disorder: ADHD; alcohol withdrawal: delirium tremens; overdose: drug
overdose, poisoning, intoxication; serotonin syndrome; neuroleptic malignant syndrome; carbon monoxide poisoning;
paracetamol overdose: acetaminophen overdose; rheumatoid arthritis: RA, rheumatoid; juvenile idiopathic arthritis:
JIA; osteoarthritis: OA, degenerative joint disease; arthritis: inflammatory arthritis; polyarthritis: symmetrical
polyarthritis, symmetric polyarthritis; reactive arthritis; psoriatic arthritis; ankylosing spondylitis: axial
spondyloarthritis; systemic lupus erythematosus: SLE, lupus; Sjögren's syndrome: Sjogren's syndrome, Sjogren; systemic
sclerosis: scleroderma; dermatomyositis; polymyositis; vasculitis; giant cell arteritis: temporal arteritis, GCA,
cranial arteritis; polymyalgia rheumatica: PMR; Takayasu arteritis; granulomatosis with polyangiitis: GPA, Wegener's
granulomatosis; polyarteritis nodosa; Henoch-Schönlein purpura: IgA vasculitis, HSP, Henoch-Schonlein purpura;
Behçet's disease: Behcet's disease; adult-onset Still's disease: Still's disease; fibromyalgia; gouty tophus;
fracture: broken bone, fractured; hip fracture: fractured neck of femur; dislocation; sprain; compartment syndrome;
avascular necrosis; slipped capital femoral epiphysis: slipped upper femoral epiphysis; Perthes disease; developmental
dysplasia of hip; transient synovitis; scoliosis; bursitis; tendonitis; frozen shoulder; familial Mediterranean fever;
chronic fatigue syndrome; eczema: atopic dermatitis; psoriasis; contact dermatitis; acne; rosacea; pemphigus; bullous
pemphigoid; Stevens-Johnson syndrome: SJS; toxic epidermal necrolysis: TEN; drug reaction: drug eruption, adverse drug
reaction, DRESS; erythema multiforme; anaphylaxis: anaphylactic shock, anaphylactic reaction; food allergy: peanut
allergy, nut allergy; allergy: allergic reaction; hereditary angioedema; tinea: ringworm; pityriasis rosea; lichen
planus; pressure ulcer: bedsore; cataract: cataracts; glaucoma: acute angle-closure glaucoma; uveitis: iritis;
conjunctivitis; keratitis; scleritis; retinal detachment; macular degeneration; retinal vein occlusion; retinal artery
occlusion: central retinal artery occlusion; retinopathy of prematurity; orbital cellulitis; ectopic pregnancy: tubal
pregnancy; miscarriage: spontaneous abortion; placenta praevia; placental abruption; postpartum haemorrhage: PPH;
hyperemesis gravidarum; endometriosis; fibroids: uterine fibroids, leiomyoma; ovarian cyst; ovarian torsion; molar
pregnancy; preterm labour; gestational hypertension; menopause: menopausal, postmenopausal; mastitis; Down syndrome:
trisomy 21; Turner syndrome; Marfan syndrome; Klinefelter syndrome; Ehlers-Danlos syndrome; fragile X syndrome;
phenylketonuria; immunodeficiency: immunosuppressed, immunosuppression, immunocompromised; transplant rejection;
graft-versus-host disease: GVHD; hypothermia exposure; heat stroke; snake bite: snake envenomation; drowning; lead
poisoning; sudden infant death; neonatal respiratory distress syndrome: hyaline membrane disease; bronchopulmonary
dysplasia; meconium aspiration; hypertensive emergency: malignant hypertension, hypertensive crisis; gangrene;
hyperviscosity; haemothorax; superior mesenteric artery syndrome; air embolism; fat embolism; pulmonary contusion;
splenic rupture: ruptured spleen; hypoxic ischaemic encephalopathy; encephalopathy; posterior reversible
encephalopathy syndrome: PRES; infection: infective, infected
"""
