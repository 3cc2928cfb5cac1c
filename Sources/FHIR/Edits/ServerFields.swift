/// The edits that turn a resource as sent into the resource as served.
package enum ServerFields {
    /// Edits that set `id`, `meta.versionId` and `meta.lastUpdated` and replace references.
    ///
    /// Offsets are relative to the resource's own first byte, also where it is part of a bundle;
    /// the other elements of `meta` stay. Sorted and without overlap: ready for `Edits.apply`.
    /// References outside of the resource are left out.
    package static func edits(
        for resource: JSONView, id: String, versionId: Int, lastUpdatedMs: Int64,
        references: [(occurrence: ReferenceOccurrence, replacement: String)] = []
    ) -> [Edit] {
        guard resource.kind == .object else { return [] }
        var builder = Builder(resource: resource)
        builder.setIdentity(
            id: quoted(id), version: quoted(String(versionId)),
            time: quoted(Instant.format(lastUpdatedMs)))
        for (occurrence, text) in references
        where resource.range.contains(occurrence.range.lowerBound)
            && occurrence.range.upperBound <= resource.range.upperBound
        {
            builder.replace(occurrence.range, with: occurrence.replacement(text))
        }
        return builder.sorted()
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        JSONText.appendQuoted(text.utf8, to: &out)
        return out
    }

    private struct Builder {
        let resource: JSONView
        private var edits: [Edit] = []

        init(resource: JSONView) {
            self.resource = resource
        }

        mutating func setIdentity(id: [UInt8], version: [UInt8], time: [UInt8]) {
            var missing: [(name: String, value: [UInt8])] = []
            if let existing = resource["id"] {
                replace(existing.range, with: id)
            } else {
                missing.append(("id", id))
            }
            if let meta = resource["meta"], meta.kind == .object {
                var absent: [(name: String, value: [UInt8])] = []
                for (name, value) in [("versionId", version), ("lastUpdated", time)] {
                    if let existing = meta[name] {
                        replace(existing.range, with: value)
                    } else {
                        absent.append((name, value))
                    }
                }
                insert(absent, atStartOf: meta)
            } else {
                let fields = members([("versionId", version), ("lastUpdated", time)])
                let value = Array("{".utf8) + fields + Array("}".utf8)
                if let broken = resource["meta"] {
                    replace(broken.range, with: value)
                } else {
                    missing.append(("meta", value))
                }
            }
            insert(missing, ofResource: resource)
        }

        mutating func replace(_ range: Range<Int>, with bytes: [UInt8]) {
            add(at: range.lowerBound, deleting: range.count, bytes)
        }

        /// In document order; of two edits on the same bytes the earlier added one stays.
        func sorted() -> [Edit] {
            var kept: [Edit] = []
            let order = edits.indices.sorted {
                (edits[$0].offset, $0) < (edits[$1].offset, $1)
            }
            for index in order {
                let end = kept.last.map { $0.offset + $0.deleted } ?? 0
                if edits[index].offset >= end { kept.append(edits[index]) }
            }
            return kept
        }

        /// After `resourceType`, where readers look for an id; else at the start.
        private mutating func insert(
            _ fields: [(name: String, value: [UInt8])], ofResource resource: JSONView
        ) {
            guard let type = resource["resourceType"] else {
                return insert(fields, atStartOf: resource)
            }
            guard !fields.isEmpty else { return }
            add(at: type.range.upperBound, deleting: 0, Array(",".utf8) + members(fields))
        }

        private mutating func insert(
            _ fields: [(name: String, value: [UInt8])], atStartOf object: JSONView
        ) {
            guard !fields.isEmpty else { return }
            let isEmpty = object.members.first { _ in true } == nil
            let text = members(fields) + (isEmpty ? [] : Array(",".utf8))
            add(at: object.range.lowerBound + 1, deleting: 0, text)
        }

        /// `"name":value,"name":value`
        private func members(_ fields: [(name: String, value: [UInt8])]) -> [UInt8] {
            var out: [UInt8] = []
            for (name, value) in fields {
                if !out.isEmpty { out.append(UInt8(ascii: ",")) }
                JSONText.appendQuoted(name.utf8, to: &out)
                out.append(UInt8(ascii: ":"))
                out.append(contentsOf: value)
            }
            return out
        }

        private mutating func add(at position: Int, deleting count: Int, _ bytes: [UInt8]) {
            edits.append(
                Edit(
                    offset: position - resource.range.lowerBound, deleted: count, inserted: bytes))
        }
    }
}
