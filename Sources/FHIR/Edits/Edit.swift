/// One change of bytes: at `offset`, take away `deleted` bytes and put `inserted` there.
///
/// A resource is stored exactly as sent; what the server adds to it (id, version, time, resolved
/// references) stands beside it as edits, applied on read.
package struct Edit: Sendable, Equatable {
    /// Offset in the original bytes.
    package let offset: Int
    /// How many of the original bytes fall away.
    package let deleted: Int
    /// What comes in their place.
    package let inserted: [UInt8]

    /// All offsets and counts in bytes.
    package init(offset: Int, deleted: Int, inserted: [UInt8]) {
        self.offset = offset
        self.deleted = deleted
        self.inserted = inserted
    }
}

/// Lists of edits.
package enum Edits {
    /// Why edits cannot be applied.
    package enum Failure: Error, Sendable, Equatable {
        /// Edits are not sorted by offset, or two touch the same bytes.
        case unordered
        /// An edit reaches beyond the content.
        case outOfBounds
    }

    /// The content with all edits applied; edits are sorted by offset and do not overlap.
    package static func apply(
        _ edits: [Edit], to content: [UInt8]
    ) throws(Failure) -> [UInt8] {
        var result: [UInt8] = []
        let growth = edits.reduce(0) { $0 + $1.inserted.count }
        result.reserveCapacity(content.count + growth)
        var position = 0
        for edit in edits {
            guard edit.offset >= position, edit.deleted >= 0 else { throw .unordered }
            guard edit.offset <= content.count, edit.deleted <= content.count - edit.offset else {
                throw .outOfBounds
            }
            result.append(contentsOf: content[position..<edit.offset])
            result.append(contentsOf: edit.inserted)
            position = edit.offset + edit.deleted
        }
        result.append(contentsOf: content[position...])
        return result
    }
}
