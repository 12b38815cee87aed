import {
  to = governed_service_linked_identity.example
  identity = {
    id = "aws:123456789012:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
  }
}
