package azure

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
)

// takenKind is what a quarantine takes off a managed identity. In the order of these, the first is given back last.
type takenKind string

const (
	takenFederated takenKind = "f"
	takenRole      takenKind = "r"
	takenAppRole   takenKind = "s"
)

// taken is one thing that a quarantine has taken off a managed identity, with all that it takes to give it back.
type taken struct {
	kind takenKind
	role AssignedRole
	// name is that of a federated credential, and of an app role for messages.
	name       string
	credential federation.Credential
	// resource and appRole are ids, and assignment is that of the one that there is.
	resource, appRole, assignment string
}

func (k taken) String() string {
	switch k.kind {
	case takenRole:
		return k.role.String()
	case takenFederated:
		return credentialPrefix + k.name
	default:
		return appRolePrefix + k.name
	}
}

// same tells whether two are the same thing, whatever else is known of it.
func (k taken) same(other taken) bool { return k.encode() == other.encode() }

// fields are what a record has of one.
func (k taken) fields() []string {
	switch k.kind {
	case takenRole:
		end := ""
		if !k.role.End.IsZero() {
			end = k.role.End.UTC().Format(time.RFC3339)
		}
		name := ""
		if k.role.End.IsZero() {
			name = lastSegment(k.role.assignmentID)
		}
		return []string{string(k.kind), k.role.Scope, k.role.RoleID, k.role.RoleName, name, end, k.role.Condition, k.role.ConditionVersion, k.role.description}
	case takenFederated:
		return []string{string(k.kind), k.name, k.credential.Issuer, k.credential.Subject, k.credential.Audience}
	default:
		return []string{string(k.kind), k.name, k.resource, k.appRole}
	}
}

func readTaken(fields []string) (k taken, err error) {
	if len(fields) == 0 {
		return k, errRecord
	}
	switch k.kind = takenKind(fields[0]); {
	case k.kind == takenRole && len(fields) == 9:
		k.role = AssignedRole{Scope: fields[1], RoleID: fields[2], RoleName: fields[3], Condition: fields[6], ConditionVersion: fields[7], description: fields[8]}
		if fields[4] != "" {
			k.role.assignmentID = fields[1] + "/providers/Microsoft.Authorization/roleAssignments/" + fields[4]
		}
		if fields[5] != "" {
			var ok bool
			if k.role.End, ok = platform.ParseInstant(fields[5]); !ok {
				return k, errRecord
			}
		}
	case k.kind == takenFederated && len(fields) == 5:
		k.name, k.credential = fields[1], federation.Credential{Issuer: fields[2], Subject: fields[3], Audience: fields[4]}
	case k.kind == takenAppRole && len(fields) == 4:
		k.name, k.resource, k.appRole = fields[1], fields[2], fields[3]
	default:
		err = errRecord
	}
	return k, err
}

// encode is the text of one, by which a state knows what it has taken.
func (k taken) encode() string {
	text, _ := json.Marshal(k.fields()) //nolint:errchkjson // texts always can be
	return string(text)
}

// dictionary has what most of a record is made of, so that the rest of it fits into tags.
var dictionary = []byte(`"description""2.0""https://token.actions.githubusercontent.com","repo::ref:refs/heads/main","system:serviceaccount:api://AzureADTokenExchange",` +
	`"Storage Blob Data Contributor""Key Vault Secrets User""AcrPull""Contributor""Owner""Reader",/providers/Microsoft.Management/managementGroups//providers/Microsoft.KeyVault/vaults/` +
	`/providers/Microsoft.Storage/storageAccounts/"],["f","],["s","],["r","/subscriptions//resourceGroups/`)

// packTaken writes all of them compactly, as tags can hold it.
func packTaken(all []taken) string {
	if len(all) == 0 {
		return ""
	}
	rows := make([][]string, len(all))
	for i, one := range all {
		rows[i] = one.fields()
	}
	text, _ := json.Marshal(rows) //nolint:errchkjson // texts always can be
	var packed bytes.Buffer
	writer, _ := flate.NewWriterDict(&packed, flate.BestCompression, dictionary) // the level is a good one
	_, _ = writer.Write(text)                                                    // a buffer takes everything
	_ = writer.Close()
	return base64.RawURLEncoding.EncodeToString(packed.Bytes())
}

// mostPacked bounds what a forged record can unpack to.
const mostPacked = 1 << 16

func unpackTaken(text string) ([]taken, error) {
	if text == "" {
		return nil, nil
	}
	packed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, errRecord
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReaderDict(bytes.NewReader(packed), dictionary), mostPacked))
	var rows [][]string
	if err != nil || json.Unmarshal(plain, &rows) != nil {
		return nil, errRecord
	}
	all := make([]taken, len(rows))
	for i, row := range rows {
		if all[i], err = readTaken(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// changeRecords hold what was taken, in this order.
var changeRecords = []governance.Field{governance.RecordQuarantineChanges, governance.RecordQuarantineChanges2, governance.RecordQuarantineChanges3}

// tooLong says that the tags cannot hold what was taken; empty when they can.
func (r quarantineRecord) tooLong() string {
	packed := packTaken(r.taken)
	if most := len(changeRecords) * maxTagValueLength; len(packed) > most {
		return fmt.Sprintf("its %d role assignments, app roles and federated credentials take %d characters, and the tags that record what a release gives back hold %d", len(r.taken), len(packed), most)
	}
	return ""
}

// quarantine reads the record in the tags of a managed identity; nil where there is none.
func (t tagging) quarantine(tags map[string]string) (*quarantineRecord, error) {
	r, err := decodeQuarantine(func(field governance.Field) string { return t.record(tags, field) })
	if r == nil || err != nil {
		return r, err
	}
	var packed string
	for _, field := range changeRecords {
		packed += t.record(tags, field)
	}
	r.taken, err = unpackTaken(packed)
	return r, err
}

// quarantineOf is the record of an identity. What somebody has written over it is an error: it is not guessed what was taken.
func (t tagging) quarantineOf(id governance.ID, tags map[string]string) (*quarantineRecord, error) {
	r, err := t.quarantine(tags)
	if err != nil {
		return nil, &platform.ErrConflict{Detail: fmt.Sprintf("The record of the quarantine of %s cannot be read: %s", id, err)}
	}
	return r, nil
}

// without is the record without what a governed identity is not to have any more as it was: a release would give it back. Of an
// identity that has expired a release gives nothing back, and app roles are not governed.
func (r quarantineRecord) without(want ManagedIdentityState) *quarantineRecord {
	if want.Disabled {
		return &r
	}
	r.taken = slices.DeleteFunc(slices.Clone(r.taken), func(one taken) bool {
		switch one.kind {
		case takenFederated:
			credential, wanted := want.FederatedCredentials[one.name]
			return !wanted || credential != one.credential
		case takenRole:
			role, wanted := matching(want.Roles, one.role)
			return !wanted || remakes(one.role, role) || !sameCondition(one.role, role) || one.role.End.After(role.End)
		default:
			return false
		}
	})
	return &r
}

// readable is the record where it makes sense.
func (t tagging) readable(tags map[string]string) *quarantineRecord {
	if r, err := t.quarantine(tags); err == nil {
		return r
	}
	return nil
}

// recorded are the tags with a record, or without any for nil.
func (t tagging) recorded(tags map[string]string, r *quarantineRecord) map[string]string {
	tags = maps.Clone(tags)
	maps.DeleteFunc(tags, func(key, _ string) bool {
		field, known := t.keys.Field(key)
		return known && slices.Contains(governance.QuarantineRecords, field)
	})
	if r == nil {
		return tags
	}
	for field, text := range r.encode() {
		tags[t.keys.Key(field)] = text
	}
	packed := packTaken(r.taken)
	for _, field := range changeRecords {
		if packed == "" {
			break
		}
		part := packed[:min(maxTagValueLength, len(packed))]
		tags[t.keys.Key(field)], packed = part, packed[len(part):]
	}
	return tags
}
