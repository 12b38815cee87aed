package governance

import (
	"slices"
	"strings"
)

// Field is one piece of governance metadata. Its text is the name of the Terraform argument.
type Field string

// The metadata fields. Labels are not among them: a label's key is its own.
const (
	FieldOwner          Field = "owner"
	FieldPurpose        Field = "purpose"
	FieldExpiry         Field = "expiry"
	FieldBusinessOwner  Field = "business_owner"
	FieldTechnicalOwner Field = "technical_owner"
	FieldEnvironment    Field = "environment"
	FieldSystems        Field = "systems"
	FieldTicket         Field = "ticket"
)

// Fields lists them all, the three that can never be left out first.
var Fields = []Field{
	FieldOwner, FieldPurpose, FieldExpiry, FieldBusinessOwner, FieldTechnicalOwner, FieldEnvironment, FieldSystems, FieldTicket,
}

// RequiredFields can never be left out.
var RequiredFields = Fields[:3]

// The metadata fields of an identity that a third party uses.
const (
	FieldThirdParty        Field = "third_party"
	FieldThirdPartyContact Field = "third_party_contact"
)

// ThirdPartyFields lists those; an identity of the category external has all of them.
var ThirdPartyFields = []Field{FieldThirdParty, FieldThirdPartyContact}

// KeptFields are all that are kept on the cloud object.
var KeptFields = slices.Concat(Fields, ThirdPartyFields)

// Argument leads to the Terraform argument that holds the field.
func (f Field) Argument() []string {
	switch f {
	case FieldThirdParty:
		return []string{string(FieldThirdParty), "name"}
	case FieldThirdPartyContact:
		return []string{string(FieldThirdParty), "contact"}
	default:
		return []string{string(f)}
	}
}

// Metadata is what is known of an identity besides what it may do. It is kept on the cloud object itself, so every
// text is as it was written; an empty one is absent.
type Metadata struct {
	Owner          string
	Purpose        string
	Expiry         string
	BusinessOwner  string
	TechnicalOwner string
	Environment    string
	Systems        []string
	Ticket         string
	// ThirdParty names who uses the identity from outside; empty when nobody does. ThirdPartyContact is an e-mail address
	// or a URL.
	ThirdParty        string
	ThirdPartyContact string
	// Labels are further tags of the object, under their own keys.
	Labels map[string]string
}

// Text is the value of a field; systems are joined with ", ".
func (m Metadata) Text(field Field) string {
	if field == FieldSystems {
		return strings.Join(m.Systems, ", ")
	}
	if text := m.text(field); text != nil {
		return *text
	}
	return ""
}

// Set puts a value into a field that holds a single text; it does nothing for systems.
func (m *Metadata) Set(field Field, value string) {
	if text := m.text(field); text != nil {
		*text = value
	}
}

func (m *Metadata) text(field Field) *string {
	switch field {
	case FieldOwner:
		return &m.Owner
	case FieldPurpose:
		return &m.Purpose
	case FieldExpiry:
		return &m.Expiry
	case FieldBusinessOwner:
		return &m.BusinessOwner
	case FieldTechnicalOwner:
		return &m.TechnicalOwner
	case FieldEnvironment:
		return &m.Environment
	case FieldTicket:
		return &m.Ticket
	case FieldThirdParty:
		return &m.ThirdParty
	case FieldThirdPartyContact:
		return &m.ThirdPartyContact
	case FieldSystems:
		return nil
	}
	return nil
}

// MetadataKeys are the names under which a platform with tags keeps the fields.
type MetadataKeys struct {
	names map[Field]string
}

// fieldManagedBy is the key of the mark that says which tool governs the object. It is not metadata that a user writes.
const fieldManagedBy Field = "managed_by"

// What a stored secret says of its credential, besides the expiry.
const (
	// FieldIdentity is the canonical id of the identity that the credential authenticates.
	FieldIdentity        Field = "identity"
	FieldJustification   Field = "justification"
	FieldRotateAfterDays Field = "rotate_after_days"
	FieldOverlapHours    Field = "overlap_hours"
	// FieldSMTPRegion is the region for which the secret has an SMTP password.
	FieldSMTPRegion Field = "ses_smtp_region"
	// FieldValidDays is how many days the cloud itself lets the credential be valid.
	FieldValidDays Field = "valid_days"
)

// CredentialFields lists them all.
var CredentialFields = []Field{FieldIdentity, FieldJustification, FieldRotateAfterDays, FieldOverlapHours, FieldSMTPRegion, FieldValidDays}

// Records are the provider's own notes on an object, of what it has to undo or to finish. Nobody else writes them.
const (
	// RecordDeactivated names the credentials that the provider has deactivated at the expiry; a renewal activates these.
	RecordDeactivated Field = "deactivated"
	// RecordRemoving names what the provider has taken off the object and has still to delete.
	RecordRemoving Field = "removing"
	// RecordIssuing says that a credential is being made, and for which store.
	RecordIssuing Field = "issuing"
	// RecordCredential says of a credential which store keeps its secret, and of a stored secret whose it is.
	RecordCredential Field = "credential"
	// RecordLabels names the tags that are labels, where the cloud has others' tags beside them.
	RecordLabels Field = "labels"
	// RecordPurge says that the object is to be deleted for good, where the cloud keeps what is deleted for a time.
	RecordPurge Field = "purge_on_destroy"
	// RecordDisabled says that the provider has taken everything off the object by which it could be used, and why.
	RecordDisabled Field = "disabled"
	// RecordScopes names where outside its own subscription the provider has assigned roles to the object.
	RecordScopes Field = "scopes"
	// RecordQuarantine says that the object is in quarantine, since when and how; the others why and what was changed for
	// it, the last of them in parts where one tag is too short.
	RecordQuarantine         Field = "quarantine"
	RecordQuarantineReason   Field = "quarantine_reason"
	RecordQuarantineTicket   Field = "quarantine_ticket"
	RecordQuarantineChanges  Field = "quarantine_changes"
	RecordQuarantineChanges2 Field = "quarantine_changes_2"
	RecordQuarantineChanges3 Field = "quarantine_changes_3"
)

// QuarantineRecords lists those of a quarantine.
var QuarantineRecords = []Field{
	RecordQuarantine, RecordQuarantineReason, RecordQuarantineTicket, RecordQuarantineChanges, RecordQuarantineChanges2, RecordQuarantineChanges3,
}

// records lists them all.
var records = slices.Concat(
	[]Field{RecordDeactivated, RecordRemoving, RecordIssuing, RecordCredential, RecordLabels, RecordPurge, RecordDisabled, RecordScopes}, QuarantineRecords,
)

// ManagedBy is the value of the mark on every object that this provider governs.
const ManagedBy = "terraform-provider-governed"

// MetadataKeyFields are the fields whose key can be renamed.
var MetadataKeyFields = slices.Concat(KeptFields, []Field{fieldManagedBy}, records, CredentialFields)

// NewMetadataKeys is the default naming, nhi:<field>, with the given fields renamed.
func NewMetadataKeys(renamed map[Field]string) MetadataKeys {
	names := make(map[Field]string, len(MetadataKeyFields))
	for _, field := range MetadataKeyFields {
		names[field] = "nhi:" + string(field)
		if name, ok := renamed[field]; ok {
			names[field] = name
		}
	}
	return MetadataKeys{names: names}
}

// Key is the tag key of a field.
func (k MetadataKeys) Key(field Field) string { return k.names[field] }

// ManagedByKey is the tag key of the mark.
func (k MetadataKeys) ManagedByKey() string { return k.names[fieldManagedBy] }

// Field finds the field, the mark included, that a tag key stands for. Letter case does not matter, as in IAM.
func (k MetadataKeys) Field(key string) (Field, bool) {
	for field, name := range k.names {
		if strings.EqualFold(name, key) {
			return field, true
		}
	}
	return "", false
}

// IsManagedBy tells whether the field is the mark.
func (f Field) IsManagedBy() bool { return f == fieldManagedBy }

// IsRecord tells whether the field is a note of the provider's own.
func (f Field) IsRecord() bool {
	return slices.Contains(records, f)
}
