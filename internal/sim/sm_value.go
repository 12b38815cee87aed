package sim

import (
	"encoding/base64"
	"slices"
	"time"
)

func getSecretValue(r *request) (object, error) {
	id := r.mayText("VersionId", versionRule)
	stage := r.mayText("VersionStage", stageRule)
	s, err := r.seenSecret()
	if err != nil {
		return nil, err
	}
	if !s.deletion.IsZero() {
		return nil, errMarkedDeleted()
	}
	from := s.source()
	var v *secretVersion
	switch {
	case id != "":
		if v = from.versionByID(id); v == nil {
			return nil, errSecret("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: %s", id)
		}
		if stage != "" && !slices.Contains(v.stages, stage) {
			return nil, errRequest("You provided a VersionStage that is not associated to the provided VersionId.")
		}
	default:
		if stage == "" {
			stage = stageCurrent
		}
		if v = from.staged(stage); v == nil {
			return nil, errSecret("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: %s", stage)
		}
	}
	day := r.now.Truncate(24 * time.Hour)
	s.accessed, v.accessed = day, day
	out := object{"ARN": s.arn(), "Name": s.name, "VersionId": v.id, "CreatedDate": epoch(v.created)}
	if len(v.stages) > 0 {
		out["VersionStages"] = v.stages
	}
	if v.text != nil {
		out["SecretString"] = *v.text
	} else {
		out["SecretBinary"] = base64.StdEncoding.EncodeToString(v.binary)
	}
	return out, nil
}

// putSecretValue adds a version. Only its labels tell it from the others.
func putSecretValue(r *request) (object, error) {
	token := r.mayText("ClientRequestToken", secretTokenRule)
	stages := r.input.list("VersionStages")
	for _, stage := range stages {
		r.constrain(stage, "VersionStages", stageRule)
	}
	v, err := r.secretValue()
	if err != nil {
		return nil, err
	}
	s, err := r.changedSecret()
	if err != nil {
		return nil, err
	}
	if !v.given() {
		return nil, errRequest("You must provide either SecretString or SecretBinary.")
	}
	if len(stages) > maxSecretStages {
		return nil, errSecret("LimitExceededException", "A version of a secret can have at most %d staging labels.", maxSecretStages)
	}
	repeated, err := s.repeated(token, v)
	if err != nil {
		return nil, err
	}
	if !repeated {
		s.changing(r)
		s.add(r, token, v, stages)
	}
	return object{"ARN": s.arn(), "Name": s.name, "VersionId": token, "VersionStages": s.versionByID(token).stages}, nil
}

// updateSecretVersionStage moves a label, or takes it away.
func updateSecretVersionStage(r *request) (object, error) {
	stage := r.needText("VersionStage", stageRule)
	from := r.mayText("RemoveFromVersionId", versionRule)
	to := r.mayText("MoveToVersionId", versionRule)
	s, err := r.changedSecret()
	if err != nil {
		return nil, err
	}
	for _, id := range []string{from, to} {
		if id != "" && s.versionByID(id) == nil {
			return nil, errSecret("ResourceNotFoundException", "Secrets Manager can't find the specified secret version: %s", id)
		}
	}
	holder := s.staged(stage)
	switch {
	case from == "" && to == "":
		return nil, errParameter("You must provide RemoveFromVersionId, MoveToVersionId or both.")
	case from != "" && (holder == nil || holder.id != from):
		return nil, errParameter("The staging label %s isn't currently attached to version %s.", stage, from)
	case from == "" && holder != nil && holder.id != to:
		return nil, errParameter("The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to version %s, so you must explicitly reference that version in RemoveFromVersionId.", stage, holder.id)
	case to == "" && stage == stageCurrent:
		return nil, errParameter("You can't remove the staging label AWSCURRENT from a version without moving it to another one.")
	case to != "" && len(s.versionByID(to).stages) >= maxSecretStages:
		return nil, errSecret("LimitExceededException", "A version of a secret can have at most %d staging labels.", maxSecretStages)
	}
	s.changing(r)
	s.versions = slices.Clone(s.versions)
	if to == "" {
		v := s.versionByID(from)
		v.stages = without(v.stages, stage)
	} else {
		s.label(s.versionByID(to), stage)
	}
	s.changed = r.now
	return object{"ARN": s.arn(), "Name": s.name}, nil
}

// listSecretVersionIDs leaves out versions without labels unless it is asked
// for them.
func listSecretVersionIDs(r *request) (object, error) {
	p, err := r.jsonPage(100, 100, "InvalidNextTokenException")
	if err != nil {
		return nil, err
	}
	s, err := r.seenSecret()
	if err != nil {
		return nil, err
	}
	all := r.input.flag("IncludeDeprecated")
	byID := map[string]secretVersion{}
	var ids []string
	for _, v := range s.source().versions {
		if all || len(v.stages) > 0 {
			byID[v.id] = v
			ids = append(ids, v.id)
		}
	}
	slices.Sort(ids)
	versions := []object{}
	for _, id := range pagedStrings(p, ids) {
		v := byID[id]
		o := object{"VersionId": id, "CreatedDate": epoch(v.created)}
		if len(v.stages) > 0 {
			o["VersionStages"] = v.stages
		}
		o.time("LastAccessedDate", v.accessed)
		versions = append(versions, o)
	}
	out := object{"ARN": s.arn(), "Name": s.name, "Versions": versions}
	p.nextToken(out)
	return out, nil
}
