"""Routes of profiles and assignments, below /webapp/."""

from __future__ import annotations

from django.urls import path

from ums.profiles import views

app_name = "profiles"
urlpatterns = [
    path("profiles/", views.profile_list, name="profile_list"),
    path("profiles/new/", views.profile_create, name="profile_create"),
    path("profiles/export/", views.profiles_export, name="profiles_export"),
    path("profiles/import/", views.profiles_import, name="profiles_import"),
    path("profiles/import/plan/", views.import_plan, name="import_plan"),
    path("profiles/import/undo/", views.import_undo, name="import_undo"),
    path("profiles/move/", views.profiles_move, name="profiles_move"),
    path("profiles/delete/", views.profiles_delete, name="profiles_delete"),
    path("profiles/new/start/", views.start_candidates, name="start_candidates"),
    path("profiles/<int:pk>/copy/", views.profile_copy, name="profile_copy"),
    path("profiles/compare/", views.compare, name="compare"),
    path("profiles/<int:pk>/compare/", views.profile_compare, name="profile_compare"),
    path("profiles/<int:pk>/", views.profile_detail, name="profile_detail"),
    path("profiles/<int:pk>/content/", views.profile_content, name="profile_content"),
    path("profiles/<int:pk>/save/", views.profile_save, name="profile_save"),
    path("profiles/<int:pk>/properties/", views.profile_properties, name="profile_properties"),
    path("profiles/<int:pk>/delete/", views.profile_delete, name="profile_delete"),
    path("profiles/<int:pk>/menu/", views.profile_menu, name="profile_menu"),
    path("profiles/<int:pk>/assignments/", views.profile_assignments, name="profile_assignments"),
    path("profiles/<int:pk>/revisions/", views.profile_revisions, name="profile_revisions"),
    path("profiles/<int:pk>/revisions/<int:number>/", views.revision_detail, name="revision_detail"),
    path("profiles/<int:pk>/revisions/<int:number>/roll-back/", views.revision_roll_back, name="revision_roll_back"),
    path("catalogues/<int:pk>/<str:checksum>/", views.catalogue_data, name="catalogue_data"),
    path("assign/", views.assign, name="assign"),
    path("assign/candidates/", views.assign_candidates, name="assign_candidates"),
    path("assign/reach/", views.assign_reach, name="assign_reach"),
    path("assignments/remove/", views.assignment_remove, name="assignment_remove"),
    path("assignments/restore/", views.assignments_restore, name="assignments_restore"),
    path("directories/<int:pk>/assigned/", views.assigned_for_directory, name="assigned_for_directory"),
    path("devices/<int:pk>/assigned/", views.assigned_for_device, name="assigned_for_device"),
]
