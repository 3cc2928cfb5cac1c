import FHIR
import HTTPTypes
import Hummingbird
import LedgerCore
import Node

/// Answers that carry one version of a resource, and the headers that name it.
enum ResourceAnswer {
    static func headers(_ row: VersionRow) -> HTTPFields {
        var headers = HTTPFields()
        headers[.eTag] = row.etag
        headers[.lastModified] = HTTPDate.format(row.lastUpdatedMs)
        return headers
    }

    static func version(_ stored: StoredVersion, _ call: Call) throws -> Response {
        let headers = headers(stored.row)
        if Conditions.isUnchanged(stored.row, call) {
            return Answer.empty(.notModified, headers: headers)
        }
        return Answer.json(try json(stored), isFHIR: true, headers: headers)
    }

    /// The resource as FHIR JSON. A raw file shows as a Binary without its data: that comes by
    /// itself.
    static func json(_ stored: StoredVersion) throws -> [UInt8] {
        guard stored.sidecar.form == .fhirJSON else {
            return BinaryResource.summary(stored.row, mediaType: stored.sidecar.mediaType)
        }
        return try stored.served()
    }

    static func location(_ row: VersionRow) -> String {
        "\(row.reference)/_history/\(row.version)"
    }
}
