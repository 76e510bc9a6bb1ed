"""Evidence Inference's two CSV files, on a few rows by hand and on the real ones."""

from collections import Counter
from pathlib import Path

import pytest

from corpora.errors import SourceError
from corpora.evidence_inference import Finding, read_evidence_inference
from tests.data import DATA, needs_data

PROMPTS = """PromptID,PMCID,Outcome,Intervention,Comparator
7,123,Pain score.,Drug <i>A</i> ,placebo&nbsp;pill
8,123,Death,Drug B,placebo
"""
ANNOTATIONS = """UserID,PromptID,PMCID,Valid Label,Valid Reasoning,Label,Annotations,Label Code,In Abstract,Start,End
0,7,123,True,True,significantly decreased,"Pain fell,
p &lt; 0.05",-1,UNK,10,20
1,7,123,True,False,significantly decreased,Not certified.,-1,UNK,10,20
1,8,123,True,True,significantly increase,More died.,1,UNK,10,20
1,9,123,True,True,no significant difference,Of an unknown prompt.,0,UNK,10,20
1,8,123,True,True,no significant difference, ,0,UNK,10,20
"""


def files(folder: Path, prompts: str = PROMPTS, annotations: str = ANNOTATIONS) -> tuple[Path, Path]:
    paths = folder / "prompts_merged.csv", folder / "annotations_merged.csv"
    paths[0].write_text("\ufeff" + prompts, encoding="utf-8")
    paths[1].write_text(annotations, encoding="utf-8")
    return paths


def test_certified_findings_of_known_prompts_are_read(tmp_path: Path) -> None:
    assert read_evidence_inference(*files(tmp_path)) == [
        Finding("7", "PMCID:123", "Pain score", "Drug A", "placebo pill", "decreased", "Pain fell, p < 0.05"),
        Finding("8", "PMCID:123", "Death", "Drug B", "placebo", "increased", "More died."),
    ]


def test_another_format_is_refused_with_its_name(tmp_path: Path) -> None:
    prompts, annotations = files(tmp_path, prompts="PromptID,Outcome\n1,Death\n")
    with pytest.raises(SourceError, match=r"prompts_merged\.csv: has no column Intervention, Comparator"):
        read_evidence_inference(prompts, annotations)
    prompts.write_text(PROMPTS + "9,1,Death\n", encoding="utf-8")
    with pytest.raises(SourceError, match="line 4: too few fields"):
        read_evidence_inference(prompts, annotations)
    with pytest.raises(SourceError, match=r"nowhere\.csv: cannot be read"):
        read_evidence_inference(tmp_path / "nowhere.csv", annotations)
    prompts.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="not a readable CSV file"):
        read_evidence_inference(prompts, annotations)


@needs_data
def test_the_real_files_hold_findings_of_all_directions() -> None:
    folder = DATA / "evidence-inference"
    findings = read_evidence_inference(folder / "prompts_merged.csv", folder / "v2_annotations.csv")
    # As many as rows of the file with both validities True and a label that is a direction.
    assert Counter(finding.direction for finding in findings) == {
        "no difference": 2162,
        "increased": 1206,
        "decreased": 1105,
    }
    assert all(finding.text and "<" not in finding.outcome[:1] for finding in findings)
