"""Terms of medicine that are written with a capital and look like names: brands, makers, eponyms, peoples.

Written by hand from general knowledge, as `vocabulary` is, and compared in lower case. An eponym may still be a name
where a title, a label or a first name says so; a brand never.
"""

from corpora.deidentification.vocabulary import DRUGS as _DRUGS
from corpora.deidentification.vocabulary import EPONYMS as _EPONYMS
from corpora.deidentification.vocabulary import word_set

DRUGS = _DRUGS | word_set("""
    abilify acamprol accolate accupril aciphex actemra acthar actifed actiq activase actonel actos actrapid acular
    aczone adalat adcirca addyi adempas adipex advagraf aerius afinitor aggrastat aggrenox aimovig ajovy akynzeo
    alavert aldactone aldara aldomet alesse alimta alka alkeran alli aloxi alphagan alprolix alunbrig alvesco
    ambisome amerge amitiza amlong anadin ancef androgel angiomax angiox anoro antabuse antivert anusol anzemet
    apidra apresoline aptiom aranesp arava aricept arimidex aristada arixtra armour aromasin artane arthrotec asacol
    asmanex astelin atarax atripla aubagio augmentin avapro avastin avelox avodart avonex axert azactam azee azilect
    azopt azor azulfidine bactroban baqsimi baraclude basaglar beconase becosules belsomra benlysta bentyl
    benzamycin betadine betaferon betaloc betapace betaseron bevespi bexsero biaxin bicillin bidil biktarvy bisocor
    bisolvon boniva bonjela boostrix braftovi breo brevibloc bricanyl brilinta brilique brintellix briviact brufen
    brukinsa buccastem buccolam bumetanide burinex buscopan butrans bydureon byetta cabometyx caduet calcichew
    calpol campral canesten caprelsa carafate carbatrol cardura carimune carnitor cartia casodex ceclor cefobid
    ceftin celestone celexa centrum centyl cerazette cerebyx cernevit champix chantix chirocaine cialis cilest
    cimzia cipralex cipramil circadin clarinex cleocin clexane climara clinoril clomid clopilet cogentin colazal
    colgout colofac combiflam combigan combivent combivir comirnaty compazine complera comtan concerta copaxone
    cordarone corlanor cortef cosentyx cosopt covaxin covera coversyl covishield creon cresemba crocin cubicin
    cuvitru cyklokapron cytomel cytotec cytoxan dafalgan daktacort daktarin dalacin daliresp dapsone daraprim
    darvocet darzalex dayquil ddavp deltasone demadex depakene depo depo-medrol depo-provera dermovate descovy
    desferal detemir dexedrine dexilant diabeta diamicron diamox dianette diastat difene difflam diflam digibind
    digifab diprivan diprobase disprin doliprane dolo dolobid doptelet doribax dostinex dovato dovonex duac duexis
    dulera duodopa duoneb duphalac duphaston duracef duragesic durezol dyazide dymista dysport dytide ebixa ecosprin
    ecotrin edarbi edurant efexor effient efient elantan elidel eligard elmiron elocon eloctate eltroxin emend
    emeset emgality emla emtriva endone entocort entyvio envarsus epanutin epclusa epilim epivir epogen eprex
    epzicom erbitux erivedge erleada erwinase erythrocin eskazole esmya estrace estraderm eucreas eucrisa eumovate
    euthyrox evenity evorel evotaz exforge exjade eylea ezetrol factive famvir farxiga faslodex feldene femara
    femodene feraheme ferinject fioricet flagyl flixonase flixotide florastor floxin fludara fluimucil fluzone
    focalin foradil forlax fortaz forteo fortisip fortum forxiga fosrenol fragmin freestyle frisium fucidin
    fucithalmic fungizone furadantin fuzeon fycompa gabitril galvus gardasil gattex gavilyte gaviscon gazyva
    gelofusine genotropin genvoya gilenya gilotrif glimisave glivec glucobay glucovance glycomet glynase glyxambi
    golytely gonal halaven halcion harvoni havrix healon hemabate hepsera herceptin hexaxim hiberix hibiscrub
    hidrasec humatrope hycodan hygroton hyoscine hypnovel hypostop hypurin hyzaar iberet ibrance iclusig idacio
    ikervis ilaris imbruvica imfinzi imigran imlygic imovane imuran imurel increlex indocid inegy infanrix inflectra
    ingrezza inlyta innohep inspra instanyl insulatard intal integrilin intelence intralipid intuniv invanz invega
    invokana iressa isentress ismo isoptin istin istodax isuprel ixiaro jakafi jakavi jalyn janumet jardiamet
    jentadueto jevity jinarc juluca juxtapid kaletra kalydeco kayexalate kazano kcentra keflin kemadrin kenacort
    kenalog kerendia kerlone ketalar ketek kineret kisqali kliovance kombiglyze konakion korlym kremil-s kuvan
    kyprolis lactaid lamisil lanacane largactil lariam latuda laxido lemtrada lenvima lescol leukeran leukine
    leustatin levitra levsin levulan librium lidoderm lioresal lipanthyl lipiodol livial lixiana locoid lodine
    loestrin logynon lokelma loniten lonsurf lopid loprox losec lotrel lotrimin lotronex lucentis lugol lupkynis
    lupron lustral lynparza lysodren macrodantin madopar magnevist malarone marcain marcaine marevan marvelon
    mavenclad mavik mavyret maxalt maxidex maxipime maxitrol maxolon maxzide mekinist mellaril menactra menveo
    mepron merbentyl meronem mestinon metamucil methergine metrogel mevacor miacalcin microgynon microlut micronase
    micronor midol mifeprex migranal milk minipress minirin minocin mirapex mircera mirena mirvaso mitigare mixtard
    moban modafil modafinil modecate modopar mogadon monocef monopril montair montek motilium movantik movicol
    moviprep moxatag mucodyne mucolex mucosta multaq mupirocin mvasi myambutol mycamine mycobutin mydriacyl myfortic
    mylanta myleran mylotarg myozyme myrbetriq mysoline nabilone naglazyme nalfon nanogam naramig nardil naropin
    nasacort nasonex natrecor navelbine nebcin neoral neosporin nepro nesina nestorone neulasta neumega neupogen
    neupro nevanac nexavar nexplanon nicabate nicoderm nicorette nizoral nolvadex nootropil norgesic noriday
    normison noroxin norpace norplant norpramin norspan norvir novamoxyn novolin novomix novorapid novoseven
    novothyrox noxafil nplate nubain nucala nucynta nuedexta nulojix nuprin nurofen nutrison nutropin nuvaring
    nuvigil nyquil ocrevus octagam octaplex octreoscan ocuflox odefsey ofev ofirmev oleptro olumiant olysio omez
    omnaris omnicef omnipaque omnipod omniscan onbrez oncaspar onfi onglyza onivyde onpattro opsumit optiray
    optisulin oramorph orapred orencia orkambi orlistat ortho orudis oscal osphena otezla otovent otrivine oxeze
    oxtellar oxynorm oxytrol ozurdex pabrinex panadeine panadol pancrease pantocid pantop paracip pariet parlodel
    parnate pataday patanol paxlovid pegasys pegintron pentasa pepto percodan periactin perjeta persantine pevaryl
    phenergan phoslo photofrin pitocin pitressin plasmalyte plendil pletal pneumovax polaramine ponstan ponstel
    portrazza poteligeo praluent prandin precedex precose pred prednisol prelone premique prempro prepidil
    prestarium prevenar prevnar prezcobix prezista priadel priftin primacor primaxin primolut priorix pristiq
    privigen proair probuphine procrit proctosedyl profasi progout prograf proleukin prometrium pronestyl propess
    proscar prosom prostin protopic provera provigil psorcon pulmozyme purinethol pylera pyridium qnasl qsymia
    quadrivalent quinsair qulipta qvar radicava ranexa rapaflo rapamune rapilysin rapivab rasilez razadyne rebetol
    rebif reclast recormon rectogesic redoxon refludan relafen relenza relestat relistor relpax relvar remifemin
    reminyl renagel renvela repatha rescriptor resonium restasis restylane retacrit retin revatio revia revlimid
    revolade reyataz rezulin rhinocort rhogam ridaura rifadin rifater rilutek rinvoq risedronate rivotril roaccutane
    robaxin robinul rocaltrol roferon rogaine rohypnol rotarix rotateq roxanol roxanthal rozerem rozlytrek rukobia
    ruxience rybelsus rydapt rythmol sabril saizen salagen salofalk sandimmune sandocal sandostatin saphris sativex
    savella saxenda scholl scopoderm seconal sectral selzentry senokot sensipar septra septrin serax serc seretide
    seroxat serzone shingrix sigmart siliq silvadene simbrinza simponi simulect sinequan sirturo skelaxin skyrizi
    slo-phyllin solaraze solgol solian soliris soltamox solu-cortef soma somatuline somavert sonata soriatane
    sovaldi spasmomen spikevax spinraza spiolto spirapril sporanox sprycel stalevo stamlo staril starlix steglatro
    stemetil stilnoct stilnox stivarga strepsils stribild striverdi stromectol suboxone subutex sudafed sular sunosi
    supprelin suprane suprax surgam surmontil sustanon sustiva sutent symbyax symdeko symfi symlin symmetrel
    synacthen synagis synalar synarel synercid synflorix synribo syntocinon syntometrine tabloid tabrecta tafinlar
    tagamet tagrisso taltz talwin talzenna tambocor tamiflu tapazole tarceva targin targocid targretin tarka tasigna
    tasmar tavneos taxim taxol taxotere tazocin tazorac tecentriq tecfidera tecta teflaro tegaderm tegopen tekturna
    telfast telma telmikind temazepam temodal temodar temovate tenex tenivac tenoretic terazol teveten theo-dur
    thyrogen thyronorm tiazac ticlid tikosyn tilade timentin timolol timoptic tivicay tivorbex tobi tobrex tofranil
    tolectin tolinase topicort toradol torisel toujeo toviaz tracleer tradjenta trajenta trandate tranxene travatan
    trecator trelegy trelstar tremfya trental tresiba trexall tribenzor tricor tridil trikafta trileptal trilipix
    trimix trinordiol trintellix triptorelin trisenox triumeq trizivir trumenba truvada tukysa turbohaler twinrix
    twynsta tygacil tykerb tyklerb tylox tymlos tysabri tyvaso tyzeka ucerax uceris uloric ultracet ultravist
    ultresa uniphyl unithroid uptravi uribel urispas uroxatral urso utibron utrogestan vagifem valcyte valdoxan
    valstar vantin varilrix vascepa vaseretic vaxzevria veklury velcade veletri velphoro veltassa vemlidy venclexta
    venlalic venofer ventavis veozah vepesid verapress vermox verquvo versatis verzenio vesanoid vesicare vfend
    vibativ vibramycin victoza victrelis videx viekira vigamox viibryd vimovo vimpat viokace viracept viramune
    virazole viread virtide visipaque visken visudyne vitrakvi vivelle vivitrol vizamyl vizimpro voltaren voltarol
    vosevi votrient voveran vpriv vraylar vumerity vyndaqel vytorin vyvanse wakix warticon wegovy welchol wellvone
    winrho xadago xalatan xalkori xarelto xatral xeloda xenical xeomin xerava xermelo xgeva xifaxan xigduo xofigo
    xofluza xopenex xospata xpovio xtandi xultophy xylocaine xyrem xyzal yaz yervoy yescarta zaditor zaltrap
    zanaflex zanosar zarontin zaroxolyn zarxio zavesca zebeta zejula zelapar zelboraf zelnorm zemplar zenpep
    zepatier zeposia zerbaxa zevalin ziac ziagen ziextenzo zinacef zinbryta zinnat zinplava zirgan zispin zomacton
    zometa zomig zonegran zontivity zorbtive zortress zostavax zovia zubsolv zyban zydelig zyflo zykadia zyloprim
    zyloric zymar zytiga zyvox zyvoxid
    """)

MAKERS = word_set("""
    abbott accolade actigraph airtraq alaris alcon alexa allergan allevyn amazon amgen amplatzer android angio-seal
    angioseal aquacel arrow arthrex aspen athena audi avitene azure babylog bactec bard baxter beckman benchmark
    biogen biomet biopatch biotronik bipap blake bledsoe bmw bougie braun broviac butterfly cadd carbomedics
    cardiohelp cavilon cepheid cerner chevrolet chevy coapt cochlear cochrane codman coloplast combitube contour
    convatec cook cordis cormack cortrak covid coviden covidien cryolife dermabond dexcom dinamap docusign dodge
    draeger drager dragon edwards elecsys embase emis endurant enpulse enteral ethibond ethilon evera exeter
    facetime fiat fitbit flocare freedom fresenius garmin gelfoam genexpert getinge glidescope gmail gore goretex
    granuflex groshong guedel hamilton harley heartmate heartware hemovac hickman hillrom hologic holter horizon
    hotaling humphrey hyundai igel impella inadine incare integra intellivue invacare iphone jackson-pratt jeep
    jelonet johnson kaltostat karl kawasaki kendall kerlix kia kiwi lantern leksell levine lexus lifeline lifepak
    lifevest lilly linkedin linq lumify luminex lyft macintosh magill mahurkar maquet masimo mazda mcgrath medela
    meditech medline medpor medtronic mefix mepilex mepitel mepore mercedes merck micra microsoft miller minicap
    minimed mitraclip molift monocryl mynx nellcor nellix netflix nihon niox nissan novalung novartis olympus omron
    oncotype opsite optiflow oticon outlook oxford palindrome penrose penumbra perclose perimount permacath peugeot
    phadia philadelphia philips phonak platelia pleurx polar port-a-cath portacath portex power-port powerscribe
    prismaflex proglide prolene propaq protege pubmed pumpkin quadrox quantiferon quinton reddit renault resmed
    respironics reveal riester robinson roche rotaprone sanofi sapien sartorius scientific servo shiley siemens siri
    skype snapchat sonicaid sonosite starbucks starclose statlock steri-strip stryker subaru surgicel surgiflo
    sysmex systmone takeda tandem taylor teams tempur tena tesio teva thopaz thuasne tiktok tisseel tlso toshiba
    truview tunstall twitter uber uptodate valleylab vapotherm vascade vascath velcro velpeau ventana vicryl vidas
    vitalograph vitros volkswagen volvo vygon watchman wingspan xience xpert yamaha yankauer youtube zeiss zenith
    zerit zimmer zoll
    """)

EPONYMS = _EPONYMS | word_set("""
    robin
    aarskog abderhalden adamkiewicz addenbrooke addenbrookes adie aicardi alagille albers-schonberg aldrich alfidi
    allred altman alvarado amsterdam amyand annie anrep anton apert apfel apley argyle arlt arnold-chiari asberg
    aschoff ashman ashworth askanazy aspects assmann atkins atlanta auspitz austin-flint awaji ayre baastrup bakri
    balint ballard balthazar bamberger bankart bannayan barany barcelona barcroft bard bardet barnes barraquer
    barthel barton bartter basset batten baumann bayes bayley bazett beau beck beevor behr bekhterev belmont
    benedikt berg berlin bernardi bertolotti best bethesda bielschowsky bier bigelow binswanger biot bird birt
    bishop bjerrum blackfan blatchford blom bloodgood bloom blount blumer boas bochdalek boehler boerhaave bohn bohr
    bonferroni borchardt borg borrmann bosniak boston botallo bouchard bouveret bowditch boyden bracht brackmann
    braden bradshaw bragard breisky brenner bricker brighton brissaud broders bromage brooker brown-sequard brunn
    brushfield budapest buerger bulbocavernosus bull bunnell burow buttock cabot caffey camurati canavan candida
    cantlie capgras caplan cassie ceelen celiac celsius centor chaddock chadwick champ chance charnley child-pugh
    child-turcotte chopart christmas churg clado claude clavien clerambault clichy cloquet cloward cockayne
    cockcroft codivilla coffin colles collet conn conners cooley cori cormack cormack-lehane cornelia cornell
    courvoisier-terrier cowden cowper coxsackie crigler crile cronkhite crouzon crowe cruveilhier cullen currarino
    cyriax dakin dalrymple dandy-walker danis darier deaver debakey dejerine dellon denis dennie denonvilliers
    denver dercum descemet devic dewar diamond dieulafoy digeorge dindo dohle donath donovan doose dorr douglas down
    downes dravet dressler drummond duane dubin dubois dubowitz duchenne duckett ducrey duhring duke dukes dumdum
    durkan duroziez dworken eales east eaton ebola eden edinburgh eisenhower ekbom el-escorial elsberg emery
    enneking epworth erben erdheim erlenmeyer esbach escherich esmarch eustachian evans ewart eyre faber fahr
    fahrenheit fairbank fajersztajn farber farr favre fazekas feiss fibonacci fick finkelstein finnegan fischer
    fisher fitz-hugh fitzpatrick fleckinger fleischner florence fogarty folstein forchheimer fordyce forrest
    forrest-classification fournier fox fracastoro framingham franceschetti frankel fredrickson fregoli freiberg
    frenchay freud frey friedewald friedlander friedreich frohlich froin fryns fuchs fugl-meyer fukuyama gaenslen
    galant galeazzi galen gallavardin gamna ganser garden garre gartland gartner gasser geiger gerhardt gerota
    gerstmann gerstmann-straussler giannuzzi gianotti gilles gilula girdlestone gitelman glanzmann
    glasgow-blatchford glidden goldblatt goldenhar goldman goldmann golgi goodell gorlin gottron goutallier gower
    gradenigo graefe graf grisel grocott grynfeltt gubler guerin gull gunn gunther gupta guthrie haab haemophilus
    haglund hailey hakim halban halstead halsted ham hamilton hampton hand-schuller hansen hardy hartnup hasselbalch
    hasson hawkins-kennedy hayem hayling heaf heaney heberden hebra hecht heerfordt heim heinz helicobacter
    helmholtz helsinki hering hertel hess hesselbach heubner hibbs higoumenakis hill-sachs hinchey hippel
    hippocrates hirschberg hirudo hitzig hodge hoehn hoffa hoyer homer hounsfield howell-jolly huhner hunner hunt
    hunt-hess hurst hutchison ilizarov illizarov immerslund indy insall jaccoud jadassohn jakobson janus japanese
    jendrassik jerne jervell job jobe jod-basedow joffroy jones joubert judet juvara kahler kahn kallmann kanavel
    kanner kaplan kaplan-meier karman kasabach kasai katayama katz kearns kehr keith-wagener kellgren
    kellgren-lawrence kempe kernohan kiel kienbock kiesselbach killip kimura kirschmann kirschner klatskin kleihauer
    kleine klippel-feil klumpke knaus koch koebner koenig kohler koilonychia konig kostmann krabbe kraepelin krause
    krebs kugelberg kuhn kussmaul kveim laennec lafora laki lamaze lambert-eaton lambl lancefield landau landolt
    landouzy landry lange-nielsen lansbury laron larrey latarjet lauge lauge-hansen laurell lauren laurence lauth
    lawton leber lefort leigh lejeune lemierre lenegre lennert lennox lequesne leser letournel letterer levine
    levine-gorlin lewis leyden leydig lhermitte li-fraumeni liang libman lieberkuhn likert lille lincoln linder
    lisfranc litten little littre livedo loeffler loewenstein loffler los los-angeles lovibond lowenberg lown
    luciani luhrmann lundh luschka lutembacher lyell machado macklin maddrey madelung maffucci magendie mahaim
    maisonneuve makuuchi mallampatti mallet marburg marchiafava marcus-gunn marie marjolin masaoka masson mauriceau
    mayer-rokitansky mazabraud mccall mcconnell mccune mcdonald mcgeer mcgill mcmaster mcnaught mcroberts
    medical-research-council mees meige meissner mendel mendeleev mendelsohn mendelson menghini menkes mennell
    meynert michel migliorini mikulicz milan milch miller-fisher milroy minamata minkowski minnesota mitsuda mobius
    modic modified moll mondor monge monteggia monteris montgomery montreal morel morse moschcowitz mosteller
    mounier mounier-kuhn muehrcke muir muller murray myerson naegele naffziger nagel nageotte nasmyth neisser
    nikolsky nissl nocardia nohl nonne noonan norris northwick norton norwegian nothnagel nottingham nylander ober
    obrien oddi ogilvie ohm okazaki okuda olszewski oppenheim orphan osgood osler-weber oswestry otis ottawa
    outerbridge oxford pacinian padua paneth pansdorf papez paradise parkland parks parona parrot paré passavant
    patau patil paul-bunnell pauwels payr pel-ebstein pelger pellegrini pendred perlman perthes perugini petit
    pfannenstiel pfeiffer phemister philadelphia phoenix pick pickwick pierre pilates pinard pins pipelle pipkin
    pirani pirogoff pittsburgh plummer poirier poiseuille poland polya pompe poncet ponseti popeye porro portsmouth
    post poupart prague pratt prehn preiser primrose pringle proust pugh pulfrich puusepp quant queckenstedt
    quervain quetelet queyrat raeder rai ramsay-hunt ramstedt rankin rapoport rastelli raynauds recklinghausen
    redlich refsum regan reifenstein reil reinsch reis-bucklers rendu rey reynolds rhesus riddoch riedel rieger
    rinehart risser riva-rocci rocha rockall rockwood rocky roemheld rokitansky romana romano romhilt rosai
    rosenbach rosenmuller ross rossolimo rotor rotterdam roussy rovsing rubens rubinstein rucker ruedi ruffini
    ruffled rye sabin sabouraud saethre sahli salk salzmann samter sandhoff sanfilippo santorini sarnat sauerbruch
    savary sayre scarpa schamroth schatzker scheie schellong schick schilder schimmelbusch schirmer schlemm schmitt
    schmorl schnitzler schober schoenlein schuffner schultze schwabach schwachman scoville seddon segond seidel
    selye semmes semont sengers sengstaken seoul shenton shone shouldice shprintzen shwachman shy-drager sidman
    siegert siewert silver silverman silverman-andersen simpson sinding sipple sister-mary-joseph sjogrens skoda
    slocum smith-petersen sneddon somogyi sonnenberg sotos souques spallanzani spaulding speed spetzler spiegelberg
    spielmeyer spigelian spitz spitzer sprengel stanford stargardt steell stellwag stener stenon stenvers stickler
    stierlin still-chauffard stimson stockholm stoerk stokes-adams storz stratify stroop strumpell struthers student
    sturge-weber sudeck sunderland susac sweet swenson swyer sylvius syme symington takayama tanner-whitehouse tapia
    tardieu tarlov tarsus teichmann tenckhoff tenon terson thayer thessaly thiersch thornwaldt throckmorton
    thudichum tietze tillaux tinel tinetti token tokyo tolosa tonnis torkildsen toronto toynbee traube treacher
    treitz tromner truelove trömner tuffier tuohy turcot tylenol uhthoff ullrich underwood unverricht urbach usher
    vail valentin van-gogh vancouver vater vaughan veau venn veress verner vernes vernet verocay vesalius vienna
    vigo villaret villefranche vineland virag vogt volkmann voss waardenburg wada waldron wallerian warburg wardrop
    wartenberg wassermann waterlow weber-christian wechsler weed weibel weidel weingarten weinstein werdnig wermer
    wernekinck werther westergren westermark western westley westphal wharton-jones whartons wickham widal widmark
    wildervanck wilkie willebrand wills wilmington wilson-score winquist wisconsin wiskott witts wolman wong-baker
    woringer worth wright-giemsa wunderlich wyburn yale yergason young-burgess zahn zancolli zarit zellweger
    ziemssen zieve zinn zollner zuckerkandl zung zwahlen
    """)

# Peoples, languages, religions, feasts: they tell no single person.
PEOPLES = word_set("""
    aboriginal afghan afrikaans albanian algerian amharic andean anglican anglo angolan argentine argentinian
    armenian ashanti asians assyrian australian austrian aymara azeri bahai bangla bangladeshi baptist basque
    belarusian belgian bengali berber bolivian bosnian brazilian breton buddhist bulgarian burmese cambodian
    cameroonian cantonese caribbean catalan caucasians celtic chilean colombian coptic creole croatian cuban cypriot
    czech danish dari diwali dominican dravidian dutch ecuadorian egyptian eid eritrean estonian ethiopian
    evangelical farsi fijian filipina filipino finnish flemish fulani gaelic ghanaian greek guarani guatemalan
    gujarati guyanese haitian hakka hanukkah hausa hawaiian hebrew hindu hispanics hmong honduran hungarian ibo
    icelandic igbo inuit iranian iraqi islam islamic israeli jain jamaican javanese jehovah jehovahs jordanian
    kannada kazakh kenyan khmer kikuyu kurdish kuwaiti latvian lebanese lent liberian libyan lithuanian luo lutheran
    macedonian malagasy malay malayalam malaysian maltese mandarin maori marathi mauritian mennonite methodist metis
    moldovan mongolian mormon moroccan mozambican nahuatl navajo ndebele nepalese nepali nicaraguan nigerian
    norwegian oromo orthodox pakistani palestinian panamanian pashto pashtun passover pentecostal persian peruvian
    polynesian presbyterian protestant pulaar punjabi quaker quechua quran ramadan rastafarian roma romanian rwandan
    samoan saudi senegalese serbian seventh-day sherpa shia shona sikh sindhi sinhala sinhalese slovak slovenian
    sudanese sunni swahili swazi swiss syrian tagalog taiwanese tamil tanzanian telugu thai tibetan tigrinya tongan
    torres trinidadian tswana tunisian twi ugandan ukrainian ulster uruguayan uzbek venezuelan visayan wolof xhosa
    yemeni yiddish yoruba zambian zimbabwean zulu
    """)
