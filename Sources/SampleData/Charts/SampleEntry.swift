/// One version of one resource, as one entry of a transaction.
package struct SampleEntry: Sendable {
    /// The resource's type.
    package let type: String
    /// The resource's id, the same in every run.
    package let id: String
    /// From 1. A later version is only taken by who holds the one before.
    package let version: Int
    /// When it was written down at the member.
    let moment: Moment
    let resource: JSON

    /// `Type/id`.
    package var reference: String { "\(type)/\(id)" }

    /// The resource as JSON.
    package var bytes: [UInt8] { resource.bytes }

    /// The entry of a transaction Bundle.
    var json: JSON {
        let request: JSON = [
            "method": "PUT", "url": .string(reference),
            "ifMatch": version > 1 ? "W/\"\(version - 1)\"" : nil,
        ]
        return [
            "fullUrl": .string("urn:uuid:\(id)"), "resource": resource, "request": request,
        ]
    }

    /// What the resource refers to, as `Type/id`, in its order.
    package var references: [String] {
        var found: [String] = []
        SampleEntry.collect(resource, into: &found)
        return found
    }

    private static func collect(_ json: JSON, into found: inout [String]) {
        switch json {
        case .array(let values): values.forEach { collect($0, into: &found) }
        case .object(let members):
            for member in members {
                if case .string(let text) = member.value {
                    let isBinary = member.name == "url" && text.hasPrefix("Binary/")
                    if member.name == "reference" || isBinary { found.append(text) }
                } else {
                    collect(member.value, into: &found)
                }
            }
        default: return
        }
    }
}

/// Entries that are sent together: one file.
package struct SampleUpload: Sendable {
    /// Which member's node takes it.
    package let member: SampleMember
    /// The file's name. In the order of names every reference leads to what is there already.
    package let name: String
    /// In the order in which they were written down.
    package let entries: [SampleEntry]

    /// Entries of one transaction at most.
    static let entriesMax = 150
    /// A transaction is closed before it grows beyond this: one file attached to a record fits.
    static let bytesMax = 1_000_000

    /// The transaction Bundle as JSON.
    package var bundle: [UInt8] {
        let json: JSON = [
            "resourceType": "Bundle", "type": "transaction",
            "entry": .array(entries.map(\.json)),
        ]
        return json.bytes + [0x0a]
    }

    /// Cuts entries into uploads that each are small enough.
    static func cut(
        _ entries: [SampleEntry], _ member: SampleMember, name: (Int) -> String
    ) -> [SampleUpload] {
        var uploads: [SampleUpload] = []
        var open: [SampleEntry] = []
        var size = 0
        func close() {
            guard !open.isEmpty else { return }
            uploads.append(
                SampleUpload(member: member, name: name(uploads.count + 1), entries: open))
            (open, size) = ([], 0)
        }
        for entry in entries {
            // Only what carries a file is large; all else is counted as a small page.
            let bytes = entry.type == "Binary" ? entry.resource.textBytes : 2_000
            if open.count == entriesMax || size + bytes > bytesMax { close() }
            open.append(entry)
            size += bytes
        }
        close()
        return uploads
    }
}

extension JSON {
    /// The sum of the lengths of its strings.
    fileprivate var textBytes: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .array(let values): values.reduce(0) { $0 + $1.textBytes }
        case .object(let members): members.reduce(0) { $0 + $1.value.textBytes }
        case .number, .boolean: 0
        }
    }
}
