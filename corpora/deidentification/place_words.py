"""Words of which names of places, facilities and employers are made."""

from corpora.deidentification.vocabulary import word_set

# Parts of proper names of places that are words themselves: masked beside a word that literature does not know.
PLACE_WORDS = word_set("""
    hospital hospitals hospice infirmary clinic clinics sanatorium dispensary polyclinic maternity medical health
    healthcare nursing care home homes house lodge manor villa villas court gardens garden village town township
    city borough county parish district province island isle bay beach lake river creek falls springs spring valley
    vale ridge hill hills mountain mount peak mesa canyon forest wood woods grove park parks meadow meadows field
    fields farm farms ranch landing harbor harbour port point cove haven heights terrace terraces square plaza
    station depot mill mills foundry steel works shipyard shipyards timber logistics motors foods stores store
    market markets mart supermarket bakery brewery dairy mining mine gold transit transport trucking airlines
    freight construction builders engineering electric energy power industries industrial manufacturing textiles
    plastics paper packaging supply systems solutions technologies bank insurance partners associates group company
    co inc ltd llc plc corp corporation foundation trust university college school academy institute elementary elem
    primary secondary high kindergarten nursery daycare preschool childcare church chapel cathedral abbey priory
    temple mosque synagogue mission ministries fellowship pharmacy chemist chemists drugs apothecary laboratories
    laboratory labs diagnostics imaging radiology pathology pediatrics paediatrics cardiology oncology orthopaedics
    orthopedics dermatology neurology urology nephrology dialysis rehab rehabilitation physiotherapy dental surgery
    practice centre center general memorial regional community children's childrens women's womens veterans senior
    seniors assisted living residence residences apartments towers tower estate estates wing ward unit pavilion
    building hall theatre hotel inn motel tavern bar pub grill cafe diner restaurant prison jail correctional
    penitentiary barracks base camp fort airport mall library museum stadium cemetery funeral mortuary crematorium
    union club society league brothers sons bros north south east west central upper lower greater hospitalists
    physicians surgeons specialists wellness therapeutics psychiatry obstetrics medicine vascular flats drug works
    freezing rfc ymca crown marist middle diner tertiary specialist royal saint district-general acres oaks pines
    cedars elms brook bridge crossing junction
    """)

# Ends of a name of a facility or an employer: a capital before one makes a place, where it is no common word.
ENDS_OF_PLACES = word_set("""
    baptist methodist lutheran presbyterian
    hospital hospitals infirmary hospice sanatorium polyclinic maternity foundry shipyard shipyards steelworks
    academy elementary kindergarten nursery daycare preschool church chapel cathedral abbey priory temple mosque
    synagogue pharmacy chemist laboratories diagnostics imaging pediatrics paediatrics rehab lodge manor villas
    village towers apartments estate barracks prison jail penitentiary airport cemetery mortuary township parish
    borough logistics motors mills industries trucking transit shipping construction mining foods bakery brewery
    dairy supermarket hotel motel inn library ward wing pavilion terrace gardens cottage cottages farm ranch island
    bay beach falls heights springs landing campus residence residences brothers trust university college school
    institute timberworks medicine regional house works drug vascular ymca ywca rfc fc gym market diner tavern cafe
    site general memorial clinic clinics centre center hall court flats reservation barangay ward icu hdu ccu nicu
    picu surgery practice dental oncology cardiology orthopaedics orthopedics associates partners
    """)
