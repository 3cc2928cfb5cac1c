/// Rules beyond the shape of types: extensions, contained resources, references.
extension ValidationPass {
    /// ext-1: an extension has a value or extensions, and not both.
    mutating func checkExtension(_ index: Int) {
        var hasValue = false
        var hasExtension = false
        for (key, _) in view(index).members {
            let name = key.utf8
            if name.starts(with: "value".utf8) || name.starts(with: "_value".utf8) {
                hasValue = true
            } else if key.isString("extension") {
                hasExtension = true
            }
        }
        if hasValue == hasExtension {
            report(.invariant, "An extension has either a value or extensions (ext-1)")
        }
    }

    /// dom-2 and dom-4: no contained inside contained, no version of its own.
    mutating func checkContained(_ index: Int) {
        let resource = view(index)
        if resource["contained"] != nil {
            report(.invariant, "A contained resource contains no resources (dom-2)")
        }
        if let meta = resource["meta"], meta["versionId"] != nil || meta["lastUpdated"] != nil {
            report(
                .invariant,
                "A contained resource has no meta.versionId and meta.lastUpdated (dom-4)")
        }
    }

    /// A literal reference has one of the known forms, a known type, and one that may stand there.
    mutating func checkReference(_ index: Int, targets: UInt16?) {
        guard let literal = view(index)["reference"], let text = literal.string else { return }
        switch ReferenceTarget(text) {
        case .contained(let id):
            if !id.isEmpty, !containedIDs().contains(id) {
                report(.invariant, "The reference names no contained resource (ref-1)")
            }
        case .relative(let type, _, _), .conditional(let type, _):
            checkTarget(type, targets: targets)
        case .absolute, .urn:
            break
        case .malformed:
            report(.value, "A reference is Type/id, #id, an absolute URL or a URN")
        }
    }

    private mutating func checkTarget(_ type: String, targets: UInt16?) {
        guard let targets else { return }
        let allowed = definitions.targets[Int(targets)]
        if !allowed.contains(type) {
            let list = allowed.sorted().joined(separator: ", ")
            report(.value, "The reference points to \(withArticle(type)); allowed are \(list)")
        }
    }

    private mutating func containedIDs() -> Set<String> {
        guard let last = resources.indices.last else { return [] }
        if let known = resources[last].containedIDs { return known }
        var ids: Set<String> = []
        if let contained = view(resources[last].node)["contained"] {
            for resource in contained.elements {
                if let id = resource["id"]?.string { ids.insert(id) }
            }
        }
        resources[last].containedIDs = ids
        return ids
    }
}
