/// Which patient a resource belongs to, by R4's CompartmentDefinition for Patient.
package enum PatientCompartment {
    /// Whether the resource is a patient itself.
    package static func isPatient(_ resource: JSONView) -> Bool {
        resource["resourceType"]?.isString("Patient") ?? false
    }

    /// The literal text of the reference to the patient; nil for a Patient and where there is none.
    ///
    /// Elements that say whom a resource is about go before those that say who took part. Taken is
    /// the first reference that names a Patient (`Patient/…`, `…/Patient/…`, `Patient?…`); failing
    /// that the first `urn:` reference, whose type only the bundle around it tells.
    package static func subject(of resource: JSONView) -> String? {
        let all = references(of: resource)
        return all.first { ReferenceTarget($0).typeName == "Patient" } ?? all.first
    }

    /// The literal texts of all references that may name a patient of this resource, in that order
    /// of preference: those to a Patient and `urn:` ones.
    package static func references(of resource: JSONView) -> [String] {
        guard let type = resource["resourceType"]?.string else { return [] }
        var texts: [String] = []
        var known: Set<String> = []
        for path in SearchTables.shared.compartmentPaths(of: type) {
            path.forEachValue(in: resource) { reference in
                guard let text = reference["reference"]?.string else { return }
                if mayNamePatient(text, reference), known.insert(text).inserted {
                    texts.append(text)
                }
            }
        }
        return texts
    }

    private static func mayNamePatient(_ text: String, _ reference: JSONView) -> Bool {
        let target = ReferenceTarget(text)
        guard case .urn = target else { return target.typeName == "Patient" }
        return reference["type"].map { $0.isString("Patient") } ?? true
    }
}
