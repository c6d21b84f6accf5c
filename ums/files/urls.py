"""Routes of files and their assignments, below /webapp/."""

from __future__ import annotations

from django.urls import path

from ums.files import views

app_name = "files"
urlpatterns = [
    path("files/", views.file_list, name="file_list"),
    path("files/new/", views.file_create, name="file_create"),
    path("files/move/", views.files_move, name="files_move"),
    path("files/delete/", views.files_delete, name="files_delete"),
    path("files/assign/", views.assign, name="assign"),
    path("files/assign/candidates/", views.assign_candidates, name="assign_candidates"),
    path("files/assign/reach/", views.assign_reach, name="assign_reach"),
    path("files/assignments/remove/", views.assignment_remove, name="assignment_remove"),
    path("files/assignments/restore/", views.assignments_restore, name="assignments_restore"),
    path("files/<int:pk>/", views.file_detail, name="file_detail"),
    path("files/<int:pk>/content/", views.file_content, name="file_content"),
    path("files/<int:pk>/replace/", views.file_replace, name="file_replace"),
    path("files/<int:pk>/properties/", views.file_properties, name="file_properties"),
    path("files/<int:pk>/delete/", views.file_delete, name="file_delete"),
    path("files/<int:pk>/menu/", views.file_menu, name="file_menu"),
    path("transfer-directory/", views.transfer_list, name="transfer_list"),
    path("content-copies/<int:pk>/retry/", views.copy_retry, name="copy_retry"),
    path("network-nodes/<uuid:pk>/files/", views.copies_of_node, name="copies_of_node"),
    path("directories/<int:pk>/files/", views.assigned_for_directory, name="assigned_for_directory"),
    path("devices/<int:pk>/files/", views.assigned_for_device, name="assigned_for_device"),
]
