"""WHOSE DOCUMENT: the code of an issuer in the machine readable zone, and the country in its certificates.

Law: a country signs its own documents only; a code that stands in no table here has no country, and no signer.

Sources: three letters are ICAO Doc 9303-3 (eighth edition), 5: part A is ISO 3166-1, parts B to D the codes of others
that issue. Two letters are those of ISO 3166-1 (a test holds them against Debian's iso-codes). Where ISO has none they
are those in certificates of the German master list of 2026-05-28 (EU, UN, KS) and, where that has none, those of
JMRTD's ICAOCountry (XC, XO, XP). Of the others of part D neither has any (`UNKNOWN_LETTERS`): ICAO asks for two letters
in a certificate and gives them none. Hong Kong and Macao sign with C=CN in that list.
"""

from __future__ import annotations

_ISO = """
ABWAW AFGAF AGOAO AIAAI ALAAX ALBAL ANDAD AREAE ARGAR ARMAM ASMAS ATAAQ ATFTF ATGAG AUSAU AUTAT AZEAZ BDIBI BELBE BENBJ
BESBQ BFABF BGDBD BGRBG BHRBH BHSBS BIHBA BLMBL BLRBY BLZBZ BMUBM BOLBO BRABR BRBBB BRNBN BTNBT BVTBV BWABW CAFCF CANCA
CCKCC CHECH CHLCL CHNCN CIVCI CMRCM CODCD COGCG COKCK COLCO COMKM CPVCV CRICR CUBCU CUWCW CXRCX CYMKY CYPCY CZECZ DEUDE
DJIDJ DMADM DNKDK DOMDO DZADZ ECUEC EGYEG ERIER ESHEH ESPES ESTEE ETHET FINFI FJIFJ FLKFK FRAFR FROFO FSMFM GABGA GBRGB
GEOGE GGYGG GHAGH GIBGI GINGN GLPGP GMBGM GNBGW GNQGQ GRCGR GRDGD GRLGL GTMGT GUFGF GUMGU GUYGY HKGHK HMDHM HNDHN HRVHR
HTIHT HUNHU IDNID IMNIM INDIN IOTIO IRLIE IRNIR IRQIQ ISLIS ISRIL ITAIT JAMJM JEYJE JORJO JPNJP KAZKZ KENKE KGZKG KHMKH
KIRKI KNAKN KORKR KWTKW LAOLA LBNLB LBRLR LBYLY LCALC LIELI LKALK LSOLS LTULT LUXLU LVALV MACMO MAFMF MARMA MCOMC MDAMD
MDGMG MDVMV MEXMX MHLMH MKDMK MLIML MLTMT MMRMM MNEME MNGMN MNPMP MOZMZ MRTMR MSRMS MTQMQ MUSMU MWIMW MYSMY MYTYT NAMNA
NCLNC NERNE NFKNF NGANG NICNI NIUNU NLDNL NORNO NPLNP NRUNR NZLNZ OMNOM PAKPK PANPA PCNPN PERPE PHLPH PLWPW PNGPG POLPL
PRIPR PRKKP PRTPT PRYPY PSEPS PYFPF QATQA REURE ROURO RUSRU RWARW SAUSA SDNSD SENSN SGPSG SGSGS SHNSH SJMSJ SLBSB SLESL
SLVSV SMRSM SOMSO SPMPM SRBRS SSDSS STPST SURSR SVKSK SVNSI SWESE SWZSZ SXMSX SYCSC SYRSY TCATC TCDTD TGOTG THATH TJKTJ
TKLTK TKMTM TLSTL TONTO TTOTT TUNTN TURTR TUVTV TWNTW TZATZ UGAUG UKRUA UMIUM URYUY USAUS UZBUZ VATVA VCTVC VENVE VGBVG
VIRVI VNMVN VUTVU WLFWF WSMWS YEMYE ZAFZA ZMBZM ZWEZW
"""

_OTHERS = {
    "D": "DE",  # part A: Germany writes one letter
    "GBD": "GB",  # and the United Kingdom's nationals of six kinds
    "GBN": "GB",
    "GBO": "GB",
    "GBP": "GB",
    "GBS": "GB",
    "HKG": "HK CN",
    "MAC": "MO CN",
    "RKS": "KS XK",  # Kosovo: no code in ISO 3166-1
    "EUE": "EU",  # part B: laissez-passer
    "UNO": "UN",  # part C
    "UNA": "UN",
    "UNK": "UN",
    "XCC": "XC",  # part D: CARICOM
    "XOM": "XO",  # Order of Malta
    "XPO": "XP",  # Interpol
    "UTO": "UT",  # Utopia, which Doc 9303's specimens are of
}
UNKNOWN_LETTERS = frozenset({"XBA", "XCE", "XCO", "XDC", "XEC", "XES", "XIM", "XMP"})
"""Who issues by part D, and of whose certificates no country is known: two development banks, the Council of Europe,
COMESA, SADC, ECOWAS, the OECS, the Parliamentary Assembly of the Mediterranean."""

_ALPHA2 = {code[:3]: frozenset({code[3:]}) for code in _ISO.split()} | {
    code: frozenset(letters.split()) for code, letters in _OTHERS.items()
}


def alpha2(code: str) -> frozenset[str]:
    """What may stand as country in a certificate of who issues as `code` ("D", "D<<", "NLD"); empty where nobody does.

    In capitals: certificates write it so or in small letters, and mean the same.
    XXA, XXB, XXC and XXX say that a holder has no nationality, or which is not said: nobody issues as they.
    """
    return _ALPHA2.get(code.rstrip("<"), frozenset())
