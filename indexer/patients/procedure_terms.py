"""Investigations, operations and other procedures, in the notation of `indexer.patients.finding_terms`."""

PROCEDURES = """
chest X-ray: CXR, chest radiograph, chest film, chest radiography; X-ray: radiograph, plain film, XR; CT: computed
tomography, CAT scan; CT head: head CT, CT brain, CT scan of head, CT of head; CT chest: chest CT, HRCT,
high-resolution CT, CT thorax; CT abdomen: abdominal CT, CT abdomen pelvis; CT pulmonary angiogram: CTPA, CT pulmonary
angiography; CT angiography: CT angiogram; MRI: magnetic resonance imaging; MRI brain: brain MRI, MRI head, head MRI,
cranial MRI, MRI of brain; MRI spine: spinal MRI; MRCP; PET scan: PET-CT; ultrasound: USS, ultrasonography,
sonography, ultrasound scan, sonogram, US; abdominal ultrasound: ultrasound abdomen, ultrasound of abdomen; Doppler
ultrasound: Doppler, duplex ultrasound, compression ultrasound; echocardiogram: echo, echocardiography, TTE, TOE, TEE,
transthoracic echocardiogram, transoesophageal echocardiogram; electrocardiogram: ECG, EKG, electrocardiography;
Holter monitor: ambulatory ECG; electroencephalogram: EEG; electromyography: EMG; nerve conduction studies: nerve
conduction; spirometry: lung function tests, pulmonary function tests, PFTs; peak flow: PEFR; arterial blood gas: ABG,
blood gas; lumbar puncture: LP, spinal tap; bone marrow biopsy: bone marrow aspirate, marrow biopsy; bone marrow
transplant: stem cell transplant, haematopoietic stem cell transplantation; biopsy: biopsied; liver biopsy; renal
biopsy: kidney biopsy; lymph node biopsy: node biopsy; skin biopsy; duodenal biopsy: duodenal biopsies, small bowel
biopsy; temporal artery biopsy; fine needle aspiration: FNA; joint aspiration: arthrocentesis, synovial fluid
analysis; thoracentesis: pleural tap, pleural aspiration; paracentesis: ascitic tap; blood cultures: blood culture;
urine culture; sputum culture; stool culture; throat swab; blood film: peripheral smear, blood smear, peripheral blood
smear; urinalysis: urine dipstick, dipstick; endoscopy: OGD, oesophagogastroduodenoscopy, EGD, gastroscopy, upper
endoscopy; colonoscopy; sigmoidoscopy; bronchoscopy; ERCP; laparoscopy; laparotomy; cystoscopy; coronary angiography:
coronary angiogram, cardiac catheterisation, cath; exercise test: stress test, exercise tolerance test, treadmill
test; tilt test; short Synacthen test: ACTH stimulation test, Synacthen test, cosyntropin test; mammography:
mammogram; DEXA scan: bone densitometry; bone scan; thyroid scan; screening; autopsy: postmortem; appendicectomy:
appendectomy; cholecystectomy: laparoscopic cholecystectomy, gallbladder removal; hysterectomy; caesarean section:
C-section, cesarean, caesarean delivery; splenectomy; thyroidectomy; mastectomy; lumpectomy; nephrectomy;
prostatectomy; colectomy; hemicolectomy; gastrectomy; pyloromyotomy; tonsillectomy: adenotonsillectomy; craniotomy;
coronary artery bypass grafting: CABG, coronary bypass, bypass surgery; percutaneous coronary intervention: PCI,
angioplasty, coronary stent, stenting; valve replacement: aortic valve replacement, prosthetic valve, mechanical
valve; pacemaker: pacemaker insertion; implantable defibrillator: ICD; cardioversion: DC cardioversion;
defibrillation; ablation; endovascular coiling: aneurysm coiling, coiling, coiled; clipping; thrombectomy;
embolisation; carotid endarterectomy; hip replacement: total hip replacement, hip arthroplasty; knee replacement:
total knee replacement, knee arthroplasty; arthroscopy; internal fixation: ORIF; amputation; skin graft; incision and
drainage: abscess drainage; chest drain: chest tube, intercostal drain; intubation: intubated, endotracheal
intubation; mechanical ventilation: ventilated, ventilator, invasive ventilation; non-invasive ventilation: NIV,
BiPAP, CPAP, bilevel positive airway pressure; ECMO: extracorporeal membrane oxygenation; tracheostomy; dialysis:
haemodialysis, renal replacement therapy, peritoneal dialysis; plasmapheresis: plasma exchange, PLEX; kidney
transplant: renal transplant, renal transplantation; liver transplant: liver transplantation; heart transplant; lung
transplant; transfusion: blood transfusion, transfused, packed red cells; exchange transfusion; phototherapy;
radiotherapy: radiation therapy; electroconvulsive therapy: ECT; nasogastric tube: NG tube; urinary catheter:
catheterisation, catheterised, urinary catheterisation; central line: central venous catheter; air enema: barium
enema, contrast enema, air enema reduction; vaccination: vaccinated, immunisation, immunised; physiotherapy: physical
therapy; surgery: operation, surgical intervention; intensive care: ICU, ITU, intensive care unit, critical care;
ventriculoperitoneal shunt: VP shunt; lithotripsy: ESWL; ureteroscopy; Nissen fundoplication: fundoplication;
bariatric surgery: gastric bypass; cataract surgery; vasectomy; tubal ligation; in vitro fertilisation: IVF;
amniocentesis; cardiopulmonary resuscitation: CPR; tuberculin skin test: Mantoux test, Mantoux, PPD, TST; interferon
gamma release assay: IGRA, QuantiFERON; edrophonium test: Tensilon test; ice pack test; Schirmer test; monospot:
heterophile antibody test, heterophile antibodies, Paul-Bunnell test; sweat test; newborn screening; genetic testing
"""
