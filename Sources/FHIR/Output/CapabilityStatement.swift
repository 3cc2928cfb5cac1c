/// What the server can do, by type.
package enum CapabilityStatement {
    private static let interactions = [
        "create", "read", "vread", "update", "delete", "history-instance", "search-type",
    ]

    /// The CapabilityStatement of a server at `baseURL`, for `GET [base]/metadata`.
    package static func json(baseURL: String, softwareVersion: String, dateMs: Int64) -> [UInt8] {
        var writer = JSONWriter(capacityBytes: 256 << 10)
        writer.beginObject()
        writer.member("resourceType", "CapabilityStatement")
        writer.member("status", "active")
        writer.member("date", Instant.format(dateMs))
        writer.member("kind", "instance")
        object("software", in: &writer) {
            $0.member("name", "Cairn")
            $0.member("version", softwareVersion)
        }
        object("implementation", in: &writer) {
            $0.member("description", "A node of a verifiable shared health record")
            $0.member("url", baseURL)
        }
        writer.member("fhirVersion", FHIRDefinitions.fhirVersion)
        strings("format", ["json", "application/fhir+json"], in: &writer)
        writer.key("rest")
        writer.beginArray()
        writeRest(to: &writer)
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func writeRest(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("mode", "server")
        writer.member("documentation", searching)
        object("security", in: &writer) {
            $0.key("cors")
            $0.boolean(false)
            $0.member("description", security)
        }
        writer.key("resource")
        writer.beginArray()
        for type in FHIRDefinitions.shared.resourceTypes { write(type, to: &writer) }
        writer.endArray()
        write(interactions: ["transaction", "batch"], to: &writer)
        writer.endObject()
    }

    private static let searching =
        "Searches, by GET or by POST to _search, take the parameters listed for each type, with "
        + "the modifiers :missing, :exact and :contains (string), :not (token) and :[type] "
        + "(reference); _count up to \(SearchQuery.countMax), _total, _sort by _lastUpdated, "
        + "_summary=count, and next links for paging. Any other parameter is refused. Entries of a "
        + "transaction or batch are created, updated, deleted, read and searched; conditional "
        + "updates, conditional deletions, patches and operations are refused."

    private static let security =
        "Every request needs a bearer token (from POST /api/v1/tokens, good for 15 minutes) or a "
        + "signature by an enrolled key (RFC 9421), except GET [base]/metadata. Roles on the "
        + "ledger decide what a person may do."

    private static func write(_ type: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", type)
        writer.member("profile", "http://hl7.org/fhir/StructureDefinition/" + type)
        if type == "Binary" {
            writer.member(
                "documentation",
                "A body of any type but application/fhir+json is stored as a file, as it is; "
                    + "If-None-Exist holds only for a Binary in FHIR JSON.")
        }
        write(interactions: interactions, to: &writer)
        writer.member("versioning", "versioned")
        flag("readHistory", true, in: &writer)
        flag("updateCreate", true, in: &writer)
        flag("conditionalCreate", true, in: &writer)
        writer.member("conditionalRead", "full-support")
        flag("conditionalUpdate", false, in: &writer)
        writer.member("conditionalDelete", "not-supported")
        strings("referencePolicy", ["literal", "logical"], in: &writer)
        writer.key("searchParam")
        writer.beginArray()
        write(parameter: "_id", kind: "token", to: &writer)
        write(parameter: "_lastUpdated", kind: "date", to: &writer)
        for parameter in SearchTables.shared.parameters(of: type) {
            write(parameter: parameter.code, kind: parameter.kind.rawValue, to: &writer)
        }
        writer.endArray()
        writer.endObject()
    }

    private static func write(interactions: [String], to writer: inout JSONWriter) {
        writer.key("interaction")
        writer.beginArray()
        for code in interactions {
            writer.beginObject()
            writer.member("code", code)
            writer.endObject()
        }
        writer.endArray()
    }

    private static func write(
        parameter name: String, kind: String, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("type", kind)
        writer.endObject()
    }

    private static func flag(_ name: String, _ value: Bool, in writer: inout JSONWriter) {
        writer.key(name)
        writer.boolean(value)
    }

    private static func object(
        _ name: String, in writer: inout JSONWriter, _ body: (inout JSONWriter) -> Void
    ) {
        writer.key(name)
        writer.beginObject()
        body(&writer)
        writer.endObject()
    }

    private static func strings(
        _ name: String, _ values: [String], in writer: inout JSONWriter
    ) {
        writer.key(name)
        writer.beginArray()
        for value in values { writer.string(value) }
        writer.endArray()
    }
}
