"""Drugs and their classes, as ``term: synonym, synonym; term``, in the notation of `indexer.patients.finding_terms`.

Names that a suffix gives away, such as -pril or -mab, are found by `indexer.patients.lexicon` without being here.
"""

DRUGS = """
aspirin: acetylsalicylic acid, ASA; paracetamol: acetaminophen, Tylenol; ibuprofen; naproxen; diclofenac;
indomethacin: indometacin; NSAID: non-steroidal anti-inflammatory drug, nonsteroidal anti-inflammatory drug,
anti-inflammatories; morphine; codeine; tramadol; oxycodone; fentanyl; opioid: opiate; naloxone; heroin; cocaine;
cannabis: marijuana; methadone; buprenorphine; amphetamine: methamphetamine; warfarin: Coumadin; heparin:
unfractionated heparin; low molecular weight heparin: LMWH, enoxaparin, dalteparin; apixaban; rivaroxaban; dabigatran;
edoxaban; anticoagulant: anticoagulation, anticoagulated, DOAC; clopidogrel; ticagrelor; prasugrel; thrombolysis:
alteplase, tPA, thrombolysed, tenecteplase; tranexamic acid; glyceryl trinitrate: nitroglycerin, GTN; isosorbide
mononitrate: nitrate; digoxin; amiodarone; adenosine; verapamil; diltiazem; amlodipine; nifedipine; flecainide;
hydralazine; labetalol; beta blocker: beta-blocker; ACE inhibitor: ACEI; angiotensin receptor blocker: ARB; calcium
channel blocker; statin; ezetimibe; furosemide: frusemide, Lasix; spironolactone; eplerenone; hydrochlorothiazide;
bendroflumethiazide; indapamide; diuretic; mannitol; acetazolamide; potassium chloride: potassium replacement;
dobutamine; noradrenaline: norepinephrine; adrenaline: epinephrine, EpiPen; dopamine; vasopressors: vasopressor;
atropine; sacubitril: sacubitril-valsartan; ivabradine; salbutamol: albuterol, Ventolin, nebulised salbutamol;
salmeterol; formoterol; ipratropium; tiotropium; inhaled corticosteroid: budesonide, fluticasone, beclometasone,
inhaled steroid; montelukast; theophylline: aminophylline; bronchodilator; magnesium sulphate: IV magnesium; oxygen:
oxygen therapy, supplemental oxygen, high-flow oxygen; surfactant; prednisolone: prednisone; hydrocortisone;
methylprednisolone; dexamethasone; fludrocortisone; corticosteroid: steroid, glucocorticoid; azathioprine;
methotrexate: MTX; hydroxychloroquine; sulfasalazine: sulphasalazine; leflunomide; mycophenolate: mycophenolate
mofetil; cyclophosphamide; ciclosporin: cyclosporine, cyclosporin; tacrolimus; mesalazine: mesalamine, 5-ASA;
colchicine; allopurinol; febuxostat; biologic: TNF inhibitor, anti-TNF; etanercept; immunoglobulin: IVIG, intravenous
immunoglobulin, IVIg; anti-D immunoglobulin; anakinra; penicillin: benzylpenicillin, phenoxymethylpenicillin;
amoxicillin: amoxycillin; co-amoxiclav: amoxicillin-clavulanate, Augmentin, amoxicillin clavulanate;
piperacillin-tazobactam: Tazocin, pip-tazo; flucloxacillin; ceftriaxone; cefotaxime; cefalexin: cephalexin;
cefuroxime; cephalosporin; meropenem; gentamicin; amikacin; vancomycin; teicoplanin; clarithromycin; azithromycin;
erythromycin; doxycycline; ciprofloxacin; levofloxacin; moxifloxacin; metronidazole; trimethoprim; co-trimoxazole:
trimethoprim-sulfamethoxazole, TMP-SMX, cotrimoxazole, Bactrim; nitrofurantoin; linezolid; clindamycin; rifampicin:
rifampin; isoniazid; pyrazinamide; ethambutol; streptomycin; antituberculous therapy: antituberculous treatment,
anti-TB treatment, quadruple therapy, RIPE; antibiotic; antiviral; aciclovir: acyclovir; oseltamivir: Tamiflu;
remdesivir; antiretroviral therapy: ART, HAART; fluconazole; amphotericin: amphotericin B; nystatin; artesunate;
artemether-lumefantrine: Coartem; quinine; chloroquine; mefloquine; atovaquone-proguanil: Malarone; antimalarial;
ivermectin; albendazole; praziquantel; insulin: insulin infusion, basal-bolus insulin; metformin; gliclazide;
glimepiride; glipizide; sulfonylurea: sulphonylurea; liraglutide; semaglutide; pioglitazone; glucagon; dextrose: IV
glucose; levothyroxine: thyroxine; carbimazole; methimazole; propylthiouracil; desmopressin; growth hormone;
bisphosphonate: alendronic acid, alendronate, zoledronic acid, zoledronate; calcium carbonate; calcium gluconate;
vitamin D: cholecalciferol, colecalciferol; vitamin B12: hydroxocobalamin, cyanocobalamin, B12 injections; folic acid;
thiamine; iron supplements: ferrous sulphate, ferrous fumarate, oral iron, iron tablets, intravenous iron;
cabergoline; bromocriptine; octreotide; testosterone; oestrogen; progesterone; oral contraceptive: contraceptive pill,
combined pill, oral contraceptives, birth control pill, combined oral contraceptive pill, OCP, COCP; hormone
replacement therapy: HRT; tamoxifen; clomifene; oxytocin; misoprostol; omeprazole; lansoprazole; proton pump
inhibitor: PPI; ranitidine; antacid; ondansetron; metoclopramide; cyclizine; domperidone; loperamide; lactulose;
laxative; senna; ursodeoxycholic acid; rifaximin; pancreatic enzymes: pancreatin, Creon; oral rehydration solution:
ORS, oral rehydration; intravenous fluids: IV fluids, fluid resuscitation, normal saline, IV saline, saline;
gluten-free diet: gluten free diet; N-acetylcysteine: acetylcysteine; activated charcoal; levodopa: co-careldopa,
L-dopa, carbidopa-levodopa, co-beneldopa, Sinemet; ropinirole; pramipexole; phenytoin; sodium valproate: valproate,
valproic acid; carbamazepine; lamotrigine; levetiracetam: Keppra; topiramate; gabapentin; pregabalin; diazepam;
lorazepam; midazolam; clonazepam; benzodiazepine; phenobarbital: phenobarbitone; sumatriptan; baclofen;
pyridostigmine; neostigmine; riluzole; donepezil; memantine; haloperidol; olanzapine; risperidone; quetiapine;
clozapine; chlorpromazine; antipsychotic; lithium; sertraline; fluoxetine; citalopram; escitalopram; paroxetine;
venlafaxine; duloxetine; mirtazapine; amitriptyline; SSRI: selective serotonin reuptake inhibitor; antidepressant;
methylphenidate; nimodipine; interferon beta: interferon; glatiramer; natalizumab; fingolimod; botulinum toxin;
cisplatin; carboplatin; paclitaxel; docetaxel; doxorubicin; vincristine; cytarabine; fluorouracil: 5-FU; capecitabine;
gemcitabine; etoposide; bleomycin; chemotherapy: chemo, cytotoxic chemotherapy; imatinib; trastuzumab; rituximab;
bevacizumab; pembrolizumab; nivolumab; hydroxyurea: hydroxycarbamide; all-trans retinoic acid: ATRA; G-CSF:
filgrastim; erythropoietin: EPO, darbepoetin; deferoxamine: desferrioxamine; cetirizine; loratadine; chlorphenamine:
chlorpheniramine; antihistamine: diphenhydramine; permethrin; hydroxyzine; isotretinoin; emollient; vaccine; ketamine;
propofol; suxamethonium; lidocaine: lignocaine; tamsulosin; finasteride; sildenafil; oxybutynin; folinic acid;
eltrombopag; romiplostim; penicillamine; potassium iodide; methyldopa
"""
