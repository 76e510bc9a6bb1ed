"""HL7 v2 segments inside a note."""

from corpora.deidentification import deidentify


def test_fields_of_a_message():
    text = (
        "PID|1||0077441^^^HIS^MR||TESTNAME^FOLASADE^T||19880214|F|||41 MARLOWE TER^^CARDWELL^GA^30999^USA||"
        "^PRN^PH^^^404^5550123\nOBX|1|NM|2823-3^POTASSIUM^LN||5.9|mmol/L|3.5-5.1|H|||F"
    )
    masked = deidentify(text).text
    for secret in ("TESTNAME", "FOLASADE", "MARLOWE", "CARDWELL", "30999", "5550123", "0214", "0077441"):
        assert secret not in masked
    assert "POTASSIUM" in masked
    assert "5.9|mmol/L|3.5-5.1" in masked


def test_a_pipe_alone_is_no_message():
    assert deidentify("Na | 131 | 137").masked == ()
