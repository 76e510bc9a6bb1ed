"""Similar patients. These routes exist only where the service was given an index of patients."""

from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from api.access.keys import Caller
from api.openapi import answers, exemplified
from api.patient_operations import PatientOperations
from api.patients import PatientRequest, SimilarResponse
from api.schemas import SearchResponse
from api.strictness import strictly
from api.waiting import unless_left


@post(
    "/v1/patients/similar",
    status_code=HTTP_200_OK,
    operation_class=exemplified("similar_patients"),
    operation_id="similar_patients",
    responses=answers("similar_patients"),
    tags=["patients"],
    opt={"scope": "patients"},
)
async def similar_patients(
    data: JSONBody[dict[str, Any]],
    request: Request[Any, Any, Any],
    patients: NamedDependency[PatientOperations],
    caller: NamedDependency[Caller],
) -> SimilarResponse:
    """Find patients like the one of a note, each with what matches, what differs and what is unknown."""
    return await unless_left(request, patients.similar(strictly(data, PatientRequest), caller))


@post(
    "/v1/patients/literature",
    status_code=HTTP_200_OK,
    operation_class=exemplified("patient_literature"),
    operation_id="patient_literature",
    responses=answers("patient_literature"),
    tags=["patients"],
    opt={"scope": "patients"},
)
async def patient_literature(
    data: JSONBody[dict[str, Any]],
    request: Request[Any, Any, Any],
    patients: NamedDependency[PatientOperations],
    caller: NamedDependency[Caller],
) -> SearchResponse:
    """Find literature for a patient's note: the documents that bear on it, each by its best passage."""
    return await unless_left(request, patients.literature(strictly(data, PatientRequest), caller))


PATIENT_ROUTES = (similar_patients, patient_literature)
