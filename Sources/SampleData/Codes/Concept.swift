/// A code out of a code system.
struct Coding: Sendable, Hashable {
    let system: CodeSystem
    let code: String
    let display: String

    var json: JSON {
        ["system": .string(system.rawValue), "code": .string(code), "display": .string(display)]
    }
}

/// The code systems that the sample uses, by their canonical URLs.
enum CodeSystem: String, Sendable {
    case loinc = "http://loinc.org"
    case snomed = "http://snomed.info/sct"
    case icd10 = "http://hl7.org/fhir/sid/icd-10"
    case atc = "http://www.whocc.no/atc"
    case rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
    case ucum = "http://unitsofmeasure.org"
    case cvx = "http://hl7.org/fhir/sid/cvx"
    case dicom = "http://dicom.nema.org/resources/ontology/DCM"
    case interpretation = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    case observationCategory = "http://terminology.hl7.org/CodeSystem/observation-category"
    case conditionClinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    case conditionVerification = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    case conditionCategory = "http://terminology.hl7.org/CodeSystem/condition-category"
    case allergyClinical = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    case allergyVerification =
        "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
    case actCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    case roleCode = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
    case participation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
    case identifierType = "http://terminology.hl7.org/CodeSystem/v2-0203"
    case serviceSection = "http://terminology.hl7.org/CodeSystem/v2-0074"
    case actReason = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
    case dischargeDisposition = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
    case consentScope = "http://terminology.hl7.org/CodeSystem/consentscope"
    case organizationType = "http://terminology.hl7.org/CodeSystem/organization-type"
    case dispensing = "http://terminology.hl7.org/CodeSystem/medicationrequest-category"
    case route = "http://standardterms.edqm.eu"
}

/// One idea in one or several code systems.
struct Concept: Sendable, Hashable {
    let text: String
    let codings: [Coding]

    init(_ text: String, _ codings: Coding...) {
        self.text = text
        self.codings = codings
    }

    /// Whose text is the code's own.
    init(_ coding: Coding) {
        text = coding.display
        codings = [coding]
    }

    var json: JSON { ["coding": .array(codings.map(\.json)), "text": .string(text)] }
}

extension Coding {
    static func loinc(_ code: String, _ display: String) -> Coding {
        Coding(system: .loinc, code: code, display: display)
    }

    static func snomed(_ code: String, _ display: String) -> Coding {
        Coding(system: .snomed, code: code, display: display)
    }

    static func icd10(_ code: String, _ display: String) -> Coding {
        Coding(system: .icd10, code: code, display: display)
    }
}
